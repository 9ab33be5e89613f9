"""Questions that the documents do answer: the examples of a first visit, and what to ask next."""

from collections.abc import Callable, Sequence

from assistant.answering.wording import say
from assistant.schema import Answer, Example, Language, Passage, Record

_LONGEST_TOPIC = 24  # characters of a heading or a table's name that makes a readable question
_MOST_TRIED = 40  # candidates asked before the search for examples ends
_MOST_KEPT = 12  # of each language
_NEXT = 3  # suggestions after an answer


def find_examples(
    passages: Sequence[Passage],
    records: Sequence[Record],
    language: Language,
    ask: Callable[[str, Language], Answer],
) -> tuple[Example, ...]:
    """Return questions about tables, headings and the contact that ``ask`` answers from there."""
    kept: list[Example] = []
    for question, source in _candidates(passages, records, language)[:_MOST_TRIED]:
        answer = ask(question, language)
        if answer.answered and any(c.place.source == source for c in answer.citations):
            kept.append(Example(question, language, source))
        if len(kept) == _MOST_KEPT:
            break
    return tuple(kept)


def next_questions(examples: Sequence[Example], answer: Answer) -> tuple[str, ...]:
    """Return what to ask after ``answer``: questions about the pages it cites first."""
    cited = {citation.place.source for citation in answer.citations}
    language = answer.question.language
    asked = answer.question.text
    others = [e for e in examples if e.language == language and e.question != asked]
    others.sort(key=lambda example: example.source not in cited)
    return tuple(example.question for example in others[:_NEXT])


def _candidates(
    passages: Sequence[Passage], records: Sequence[Record], language: Language
) -> list[tuple[str, str]]:
    """Return (question, source), tables before headings, each topic once."""
    topics: dict[str, tuple[str, str]] = {}
    for record in records:
        place = record.places[0]
        if place.status == "published" and _is_topic(record.table):
            topics.setdefault(record.table, ("example_table", place.source))
    for passage in passages:
        place = passage.place
        heading = place.heading_path[-1] if place.heading_path else ""
        if place.status == "published" and passage.kind == "text" and _is_topic(heading):
            topics.setdefault(heading, ("example_heading", place.source))
    questions = [(say(language, frame, topic=topic), source) for topic, (frame, source) in topics.items()]
    contact = next((p.place.source for p in passages if "@" in p.text), "")
    return ([(say(language, "example_contact"), contact)] if contact else []) + questions


def _is_topic(text: str) -> bool:
    return 2 <= len(text) <= _LONGEST_TOPIC and not text[0].isdigit() and not set(text) & set("?？:：#@/")
