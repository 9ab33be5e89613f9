"""Gives the tables of one collection the same column names, in the language of their page."""

from collections import defaultdict
from dataclasses import replace

from assistant.readers.fields import column_name, field_of
from assistant.schema import Document, Language, Table


def with_shared_names(document: Document) -> Document:
    """Return the document with columns named alike in all tables of one name.

    The names of read cards and references follow the language of their words: a list of English
    papers on a Chinese page would have other columns than the list of Chinese ones below it.
    """
    named: dict[str, list[Table]] = defaultdict(list)
    for table in document.tables:
        named[table.name].append(table)
    mixed = {name for name, tables in named.items() if len({_is_english(table) for table in tables}) > 1}
    if not mixed:
        return document
    tables = (_in_language(table, document.language) if table.name in mixed else table for table in document.tables)
    return replace(document, tables=tuple(tables))


def _in_language(table: Table, language: Language) -> Table:
    columns = tuple(column_name(field_of(column), language) for column in table.columns)
    return replace(table, columns=columns) if len(set(columns)) == len(columns) else table


def _is_english(table: Table) -> bool:
    return all(column.isascii() for column in table.columns)
