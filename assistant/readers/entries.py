"""List items that are all of one make, read as records: publications, dated news, people."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml.html import HtmlElement

from assistant.readers.citations import citation_fields, reference_fields
from assistant.readers.fields import grid_of, is_about_people, is_known_label
from assistant.readers.grid import Grid
from assistant.readers.inline import is_block_inside, text_of

_PROSE_TAGS = ("ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_NUMBER_OF_MONTH = r"(?:0?[1-9]|1[0-2])(?!\d)"
_DAY = (
    rf"(?:19|20)\d{{2}}\s*(?:[-./]\s*{_NUMBER_OF_MONTH}(?:\s*[-./]\s*\d{{1,2}}(?!\d))?"
    r"|年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?)"
)
# "2022.04—至今", "2015.01 - 2022.04": when something began and ended.
_UNTIL = rf"(?:\s*(?:[-–—~～]+|至|到|to)\s*(?:{_DAY}|(?:19|20)\d{{2}}|至?今|现在|now|present))?"
_DATED = re.compile(
    rf"^[\[(（【]?\s*((?:{_DAY}|{_MONTH}\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:19|20)\d{{2}}"
    rf"|\d{{1,2}}\s+{_MONTH},?\s+(?:19|20)\d{{2}}|{_NUMBER_OF_MONTH}/(?:19|20)\d{{2}}"
    rf"|(?:19|20)\d{{2}}(?=\s*[\])）】:：|,，]|年)){_UNTIL})\s*[\])）】年]?\s*[:：|—–,，-]*\s*(\S.*)$",
    re.I | re.S,
)
_DATED_LAST = re.compile(rf"^(.*\S)\s*[\[(（]?({_DAY})[\])）]?$", re.S)
_PERSON = re.compile(
    r"^((?:[\u4e00-\u9fff·]{2,5}|[\u4e00-\u9fff][ \u3000]{1,2}[\u4e00-\u9fff](?![\u4e00-\u9fff])"
    r"|[A-Z][\w'’-]+(?=\s*[(（]\s*(?:19|20)\d\d)|[A-Z][\w'’.\-]+(?:\s+[A-Z][\w'’.\-]*){1,3}(?:\s*[(（][\u4e00-\u9fff]{2,4}[)）])?))"
    r"\s*(?:$|(?=[(（])|[,，:：;；|]\s*|[–—-]+\s*|\s(?=\S))(.*?)\s*$",
    re.S,
)
_ONE_NAME = re.compile(r"^(?:[\u4e00-\u9fff·]{2,4}|[A-Z][\w'’-]+(?:\s+[A-Z][\w'’.-]*){1,2})$")
_SHARE = 0.6


def read_entries(items: list[HtmlElement], *, heading: str, line_offset: int) -> Grid | None:
    """Return list items as one table of records, or None where they are just items."""
    if len(items) < 2 or any(next(item.iter(*_PROSE_TAGS), None) is not None for item in items):
        return None
    lines = [(item.sourceline or 1) + line_offset for item in items]
    texts = [text_of(item) for item in items]
    for records in (
        [citation_fields(item) for item in items],
        [_dated(text) for text in texts],
        [_person(text) if is_about_people(heading) else {} for text in texts],
    ):
        if sum(map(bool, records)) >= max(2, _SHARE * len(items)):
            told = [
                (record or {"text": text}, line)
                for record, text, line in zip(records, texts, lines, strict=True)
                if text
            ]
            return grid_of(told, name="", line=told[0][1])
    return None


def read_people(elements: list[HtmlElement], *, heading: str, line_offset: int) -> Grid | None:
    """Return paragraphs under a heading for people, each with a name, as one row for each."""
    if len(elements) < 2 or not is_about_people(heading) or any(map(is_block_inside, elements)):
        return None
    people = [(_person(text_of(element)), (element.sourceline or 1) + line_offset) for element in elements]
    if not all(person for person, _ in people):
        return None
    return grid_of(people, name="", line=people[0][1])


def find_references(elements: list[HtmlElement], *, line_offset: int) -> Iterator[tuple[list[HtmlElement], Grid]]:
    """Yield the runs of paragraphs that are references, each as one table."""
    run: list[HtmlElement] = []
    records: list[tuple[dict[str, str], int]] = []
    for element in [*elements, None]:
        fields = citation_fields(element) if element is not None and not is_block_inside(element) else {}
        if fields and element is not None:
            run.append(element)
            records.append((fields, (element.sourceline or 1) + line_offset))
            continue
        if len(run) > 1:
            yield run, grid_of(records, name="", line=records[0][1])
        run, records = [], []


def read_references(texts: list[str], *, line: int) -> Grid | None:
    """Return lines of text as a table of references, or None where most of them are none."""
    records = [reference_fields(text) for text in texts]
    if len(texts) < 2 or sum(map(bool, records)) * 5 < len(texts) * 4:
        return None
    told = [(record or {"text": text}, line) for record, text in zip(records, texts, strict=True)]
    return grid_of(told, name="", line=line)


def read_dated_terms(parts: list[tuple[str, str, int]]) -> Grid | None:
    """Return a definition list of dates as a table, None where its terms are no dates.

    ``parts``: (tag, text, line) of each term and definition.
    """
    if len(parts) < 4 or [tag for tag, _, _ in parts] != ["dt", "dd"] * (len(parts) // 2):
        return None
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    records = [(_dated(f"{term}: {told}"), line) for (_, term, line), (_, told, _) in pairs]
    if not all(record for record, _ in records):
        return None
    return grid_of(records, name="", line=records[0][1])


def read_name_lists(texts: list[tuple[str, int]], *, heading: str) -> Grid | None:
    """Return lines such as "2021级：张伟、李娜" as one row for each person, None where one is no such line."""
    records: list[tuple[dict[str, str], int]] = []
    for text, line in texts if is_about_people(heading) else ():
        label, colon, names = text.rpartition("：" if "：" in text else ":")
        people = [name.strip(" 。.") for name in re.split(r"\s*[、,，;；]\s*", names)]
        is_cohort = bool(re.match(r"\s*\d{4}", label))
        alone = len(people) < 2 and not is_cohort and not is_about_people(label)
        if alone or len(label) > 20 or not all(_ONE_NAME.match(name) for name in people):
            return None
        group = {"cohort" if is_cohort else "group": label.strip()} if colon else {}
        records += [({"name": name, **group}, line) for name in people]
    return grid_of(records, name="", line=records[0][1]) if records else None


def as_names(grid: Grid, *, heading: str) -> Grid:
    """Return a table that only sets out names as one row for each; any other table as it is."""
    cells = [(cell, line) for row, line in grid.rows for cell in row if cell]
    if any(grid.columns) or len(cells) < 2 or not is_about_people(grid.name or heading):
        return grid
    people = [(_person(cell), line) for cell, line in cells]
    if not all(person for person, _ in people):
        return grid
    return replace(grid_of(people, name=grid.name, line=grid.line), note=grid.note)


def _dated(text: str) -> dict[str, str]:
    match = _DATED.match(text)
    if match and len(match.group(2)) > 5:
        return {"date": match.group(1), "text": match.group(2)}
    match = _DATED_LAST.match(text)
    return {"date": match.group(2), "text": match.group(1)} if match else {}


def _person(text: str) -> dict[str, str]:
    match = _PERSON.match(text)
    if not match or len(text) > 200 or is_known_label(match.group(1)):
        return {}
    rest = match.group(2).strip()
    if rest[:1] in "(（" and rest[-1:] in ")）" and len(re.findall("[(（]", rest)) == 1:
        rest = rest[1:-1].strip()
    return {"name": match.group(1)} | ({"description": rest} if rest else {})
