"""The answer's sentences: a frame in the asker's language around verbatim quotes."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from assistant.schema import Field, Language, Record
from assistant.yaml_text import parse_yaml

LONGEST_ANSWER = 1200  # characters
_LONGEST_LIST_VALUE = 160


def say(language: Language, key: str, **values: object) -> str:
    """Return the sentence ``key`` in ``language`` with its places filled."""
    return _sentences()[language][key].format(**values)


def fields_text(language: Language, fields: Sequence[Field]) -> str:
    """Return a row as "name: value" pairs; values are verbatim, nameless columns only values."""
    shown = [
        field.value if field.name.startswith("#") else say(language, "field", name=field.name, value=field.value)
        for field in fields
    ]
    return say(language, "field_separator").join(shown)


def rows_text(
    language: Language, kind: str, records: Sequence[Record], key_columns: Sequence[str]
) -> str:
    """Return a list of rows within the answer's length: each row by its title and its keys.

    A single row is given whole: the question may be about any of its fields.
    """
    count = len(records)
    if count == 1:
        whole = fields_text(language, within(records[0].fields))
        return say(language, "count" if kind == "count" else "list", count=count, list=whole)
    shown: list[str] = []
    budget = LONGEST_ANSWER - 80
    for record in records:
        text = fields_text(language, _telling_fields(record, key_columns, brief=count > 12))
        if budget - len(text) - 2 < 0:
            break
        shown.append(text)
        budget -= len(text) + 2
    listed = say(language, "item_separator").join(shown)
    if len(shown) < count:
        listed += say(language, "more", rest=count - len(shown))
    return say(language, "count" if kind == "count" else "list", count=count, list=listed)


def within(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the first fields that together fit an answer; a first one too long is cut."""
    kept, room = [], LONGEST_ANSWER - 100
    for field in fields:
        room -= len(field.name) + len(field.value) + 3
        if room < 0:
            break
        kept.append(field)
    return tuple(kept) or (Field(fields[0].name, fields[0].value[: LONGEST_ANSWER - 200]),)


def _telling_fields(record: Record, key_columns: Sequence[str], *, brief: bool) -> tuple[Field, ...]:
    """Return what identifies a row in a list: its first telling fields and the columns asked by."""
    short = [f for f in record.fields if len(f.value) <= _LONGEST_LIST_VALUE and "://" not in f.value]
    if not short:
        first = record.fields[0]
        return (Field(first.name, first.value[:_LONGEST_LIST_VALUE]),)
    wanted = short[:2] if brief else short[:4]
    extra = [f for f in short if f.name in key_columns and f not in wanted]
    return tuple(f for f in short if f in wanted or f in extra)


@lru_cache(maxsize=1)
def _sentences() -> dict[str, dict[str, str]]:
    return parse_yaml((Path(__file__).parent / "wording.yaml").read_text("utf-8"))
