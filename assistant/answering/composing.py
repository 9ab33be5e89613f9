"""Puts an answer into words, each quote a slice of the passage that it cites."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from assistant.answering.abstaining import Verdict
from assistant.answering.cells import telling_fields
from assistant.answering.definitions import spells_out
from assistant.answering.facts import Fact
from assistant.answering.tables import RowAnswer
from assistant.answering.understanding import Understanding
from assistant.answering.wording import LONGEST_ANSWER, fields_text, rows_text, say, within
from assistant.index.names import looks_like_name
from assistant.index.store import Generation
from assistant.schema import Answer, Citation, Hit, Item, Language, Passage, Record
from assistant.text import Evidence, list_items, sentences

_LONGEST_QUOTE = 700  # characters; of a list or a how-to, as many Chinese ones
_SHORT_QUOTE = 600  # a shorter sentence is quoted with those after it; a Chinese character counts double
_ENOUGH = 0.85  # share of the coverage that the sentence has alone: nothing need follow it
_ONE_FACT = frozenset(("number", "count", "date", "contact"))  # kinds that a single sentence answers
_HEADED = 0.6  # share of the question in the headings from which the whole section is quoted
_NAMED_ABOVE = 0.4  # share of the question in the headings from which the heading is shown too
_MOST_CONFLICTS = 3
_MOST_TWINS = 2  # other files with the same table
_HELD = 0.5  # of a term by a text
_NEAREST_PAGES = 3
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


class Composer:
    """Writes answers over one generation."""

    def __init__(
        self, generation: Generation, *, max_citations: int, today: Callable[[], date] = date.today
    ) -> None:
        self._max_citations = max_citations
        self._today = today
        self._generation = generation
        self._records = {record.id: record for record in generation.records}
        self._contact = generation.outline.contact

    def rows(self, asked: Understanding, found: RowAnswer) -> Answer:
        """Return a list or a count, every row cited."""
        language = asked.question.language
        items, citations = [], []
        for number, record in enumerate(found.records, start=1):
            citations.append(self._record_citation(number, record))
            items.append(Item(record.fields, number))
        kind = "count" if asked.kind == "count" else "list"
        text = rows_text(language, kind, found.records, found.key_columns)
        differences = self._differences(language, found.records, citations)
        citations += self._twins(found.records[0], len(citations))
        text = "\n".join((text, *(said for said in differences if len(text) + len(said) < LONGEST_ANSWER)))
        return Answer(
            asked.question, True, kind, text, tuple(items), tuple(citations), (),
            round(found.explained, 4), "extractive",
        )  # fmt: skip

    def facts(self, asked: Understanding, facts: Sequence[Fact], confidence: float) -> Answer:
        """Return the best facts quoted verbatim, each with its citation."""
        citations: list[Citation] = []
        parts: list[str] = []
        items: list[Item] = []
        room = LONGEST_ANSWER
        for fact in facts[: self._max_citations]:
            number = len(citations) + 1
            quote, shown = self._quoted(asked, fact)
            if parts and (len(shown) + 2 > room or any(shown in part or part in shown for part in parts)):
                continue
            room -= len(shown) + 2
            parts.append(shown[:LONGEST_ANSWER])
            citations.append(Citation(number, fact.passage.id, quote, fact.passage.place))
            record = self._records.get(fact.passage.record)
            if record is not None:
                items.append(Item(record.fields, number))
        citations += self._extra(asked, facts, parts, citations)
        return Answer(
            asked.question, True, asked.kind, "\n".join(parts), tuple(items), tuple(citations), (),
            round(confidence, 4), "extractive",
        )  # fmt: skip

    def _extra(
        self, asked: Understanding, facts: Sequence[Fact], parts: list[str], citations: Sequence[Citation]
    ) -> list[Citation]:
        """Return further citations, adding to ``parts`` what must be said with the best fact."""
        extra: list[Citation] = []
        record = self._records.get(facts[0].passage.record)
        if record is not None:
            extra = list(citations)
            parts += self._differences(asked.question.language, (record,), extra)
            extra = extra[len(citations) :]
            extra += self._twins(record, len(citations) + len(extra))
        year = self._past_year(asked, parts)
        if year:
            parts.append(say(asked.question.language, "past", year=year))
        return extra

    def _past_year(self, asked: Understanding, parts: Sequence[str]) -> int:
        """Return the last year that a question about what is open is answered with, if it is over."""
        if asked.kind != "status" or asked.years:
            return 0
        years = [int(year) for part in parts for year in _YEAR.findall(part)]
        last = max(years, default=0)
        return last if last < self._today().year else 0

    def abstention(self, asked: Understanding, hits: Sequence[Hit], verdict: Verdict) -> Answer:
        """Return what is missing, the nearest pages and the published contact."""
        language = asked.question.language
        named = [say(language, "quoted_term", term=term.text) for term in verdict.missing if term.is_named]
        separator = say(language, "missing_separator")
        sentence = (
            say(language, "not_said_about", missing=separator.join(named))
            if named
            else say(language, "not_said")
        )
        nearest: dict[str, Hit] = {}
        for hit in hits:
            nearest.setdefault(hit.passage.place.title, hit)
        near = list(nearest.values())[:_NEAREST_PAGES]
        parts = [sentence]
        if near:
            titles = [say(language, "quoted_term", term=hit.passage.place.title) for hit in near]
            parts.append(say(language, "near", pages=separator.join(titles)))
        if self._contact:
            parts.append(say(language, "contact", contact=self._contact))
        citations = tuple(
            Citation(number, hit.passage.id, _clip(hit.passage.text), hit.passage.place)
            for number, hit in enumerate(near, start=1)
        )
        joined = (" " if language == "en" else "").join(parts)
        return Answer(
            asked.question, False, asked.kind, joined[:LONGEST_ANSWER], (), citations, (),
            round(verdict.confidence, 4), "extractive",
        )  # fmt: skip

    def _differences(
        self, language: Language, records: Sequence[Record], citations: list[Citation]
    ) -> list[str]:
        """Return what other pages state otherwise of these rows; their citations are appended."""
        said = []
        conflicts = [conflict for record in records for conflict in record.conflicts][:_MOST_CONFLICTS]
        for conflict in conflicts:
            number = self._generation.outline.at(conflict.place.source, conflict.place.start)
            if number is None:
                continue
            passage = self._generation.passages[number]
            citations.append(Citation(len(citations) + 1, passage.id, _clip(passage.text), conflict.place))
            values = {"title": conflict.place.title, "field": conflict.field, "value": conflict.value}
            said.append(say(language, "differs", **values))
        return said

    def _twins(self, record: Record, cited: int) -> list[Citation]:
        """Return citations of the other published files that hold the same table: its spreadsheet."""
        passage = self._row_passage(record)
        known, twins = {passage.place.source}, []
        for place in record.places:
            page = self._generation.outline.page(place.source)
            if place.status == "published" and place.source not in known and page is not None:
                known.add(place.source)
                number = cited + len(twins) + 1
                quote = self._generation.pages[page].text[place.start : place.end]
                twins.append(Citation(number, passage.id, _clip(quote), place))
        return twins[:_MOST_TWINS]

    def _row_passage(self, record: Record) -> Passage:
        number = self._generation.outline.row(record.id)
        if number is None:
            raise KeyError(record.id)  # a bug: every row is a passage
        return self._generation.passages[number]

    def _record_citation(self, number: int, record: Record) -> Citation:
        passage = self._row_passage(record)
        return Citation(number, passage.id, _clip(passage.text), passage.place)

    def _quoted(self, asked: Understanding, fact: Fact) -> tuple[str, str]:
        """Return (verbatim quote, the same as shown in the answer)."""
        language, passage = asked.question.language, fact.passage
        record = self._records.get(passage.record)
        if record is not None:
            return _clip(passage.text), fields_text(language, within(telling_fields(asked, record)))
        start, end = _widened(asked, fact)
        quote = passage.text[start:end]
        frame = "quote" if passage.language == language else "foreign_quote"
        shown = say(language, frame, quote=quote)
        if fact.subject:
            return quote, say(language, "headed", heading=fact.subject, shown=shown)
        heading = passage.place.heading_path[-1] if passage.place.heading_path else ""
        if heading and fact.signals.heading >= _NAMED_ABOVE and _tells_more(asked, heading, quote):
            # What the sentence is about stands in its heading: the answer must stand alone.
            shown = say(language, "headed", heading=heading, shown=shown)
        return quote, shown


def _length(text: str) -> int:
    """Return how long a text is to read: a Chinese character says as much as two letters."""
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def _tells_more(asked: Understanding, heading: str, quote: str) -> bool:
    """Tell whether a heading holds a word of the question that the quote lacks."""
    above, below = Evidence(heading), Evidence(quote)
    return any(t.coverage(above) > _HELD > t.coverage(below) for t in asked.content) or (
        asked.kind == "definition" and spells_out(asked.subject, heading) > spells_out(asked.subject, quote)
    )


def _widened(asked: Understanding, fact: Fact) -> tuple[int, int]:
    """Return the slice to quote: the sentence, and what it needs to stand alone.

    A sentence that announces something (ends in a colon), a list and a how-to take in what
    follows; a very short sentence takes the one after it.
    """
    text = fact.passage.text
    spans = list(sentences(text))
    index = next((n for n, span in enumerate(spans) if span[0] >= fact.start), 0)
    start, end = fact.start, fact.end
    long_answer = bool(asked.kinds & {"list", "howto"})
    if "list" in asked.kinds and fact.signals.heading >= _HEADED and len(text) <= _LONGEST_QUOTE:
        return 0, len(text)  # the section is the list
    announces = text[start:end].rstrip().endswith((":", "："))
    if not long_answer and not announces and (start, end) in list_items(text) and _names_somebody(asked, fact):
        return start, end  # the next entry is about somebody else
    if long_answer and index and end - spans[index - 1][0] <= _LONGEST_QUOTE // 2:
        start = spans[index - 1][0]
    signals = fact.signals
    if asked.kind in _ONE_FACT and signals.shows_kind and not long_answer and not announces:
        if signals.own_coverage >= _ENOUGH * signals.coverage:
            return start, end
    if asked.measures and fact.shows_measure and not asked.shows_measures(text[start:end]):
        # What it is stands in one of the next sentences.
        end = next((e for _, e in spans[index + 1 :] if asked.shows_measures(text[start:e])), end)
    limit = 2 * _LONGEST_QUOTE if long_answer or announces else _SHORT_QUOTE
    for _, following in spans[index + 1 :]:
        if following - start > _LONGEST_QUOTE or _length(text[start:following]) > limit:
            break
        end = following
    return start, end


def _names_somebody(asked: Understanding, fact: Fact) -> bool:
    """Tell whether the sentence, and no heading above it, names a person of the question."""
    evidence, above = Evidence(fact.text), Evidence(f"{fact.passage.place.title}\n{fact.passage.context}")
    named = (t for t in asked.content if t.is_named and not any(token.endswith("月") for token, _ in t.variants))
    persons = (t for t in named if looks_like_name(t.text) or t.text.istitle())
    return any(t.coverage(evidence) > _HELD >= t.coverage(above) for t in persons)


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE].rstrip()
