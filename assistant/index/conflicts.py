"""Finds rows of different pages that speak of one thing and disagree on it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.schema import Conflict, Place, Record
from assistant.text import count_tokens, squeeze

# Columns that say what a row is about.
_KEY_COLUMN = re.compile(
    r"^(?:(?:full |paper |project |course |job )?(?:name|title|paper|project|course|position|opening|operator|model)"
    r"|(?:论文|项目|课程|岗位|职位|算子|模型|数据集|软件|设备|学生|教师|导师|成员)?(?:题目|名称|姓名|标题|名字|名)"
    r"|论文|项目|课程|岗位|职位|算子|导师|教师|老师|学生|成员)$",
    re.IGNORECASE,
)
_MAX_TOKENS = 12  # of a value; prose that differs is told twice, it does not disagree
_MOST_PAGES = 4  # a thing that more pages list is rather a word that many tables share


def with_conflicts(records: Sequence[Record]) -> tuple[Record, ...]:
    """Return ``records``, each with the fields that another page's row of the same thing disagrees on.

    Two rows are of the same thing where both name it in the same key column, once on their page,
    and all their other fields but one are equal.
    """
    found: dict[str, list[Conflict]] = {}
    for group in _groups(records):
        for record in group:
            for other in group:
                field = _only_difference(record, other)
                if field:
                    value = next(one.value for one in other.fields if one.name == field)
                    found.setdefault(record.id, []).append(Conflict(field, value, other.places[0]))
    return tuple(replace(record, conflicts=tuple(found.get(record.id, ()))) for record in records)


def told_once(records: Iterable[Record]) -> tuple[tuple[Record, Conflict], ...]:
    """Return each conflict once, from the side of the row that is cited first."""
    return tuple(
        (record, conflict)
        for record in records
        for conflict in record.conflicts
        if _rank(record.places[0]) < _rank(conflict.place)
    )


def _groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the rows that name the same thing and that no page names twice."""
    groups: dict[tuple[tuple[str, ...], str, str], list[Record]] = {}
    for record in records:
        names = tuple(sorted(field.name for field in record.fields))
        for field in record.fields:
            if _KEY_COLUMN.match(field.name):
                groups.setdefault((names, field.name, squeeze(field.value)), []).append(record)
                break
    for group in groups.values():
        sources = [source for record in group for source in {place.source for place in record.places}]
        if 1 < len(group) <= _MOST_PAGES and len(sources) == len(set(sources)):
            yield group


def _only_difference(record: Record, other: Record) -> str:
    theirs = {field.name: squeeze(field.value) for field in other.fields}
    names = [field.name for field in record.fields if squeeze(field.value) != theirs[field.name]]
    if len(names) != 1:
        return ""
    values = (field.value for one in (record, other) for field in one.fields if field.name == names[0])
    return names[0] if all(count_tokens(value) <= _MAX_TOKENS for value in values) else ""


def _rank(place: Place) -> tuple[bool, str, int]:
    return place.status != "published", place.source, place.start
