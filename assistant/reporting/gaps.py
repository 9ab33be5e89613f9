"""Groups the questions that were not answered, and finds the pages where an answer might be added."""

from collections.abc import Sequence

from assistant.errors import QuestionError
from assistant.journal import is_masked
from assistant.journal.nouns import AskedQuestion
from assistant.pipeline import Assistant
from assistant.reporting.nouns import Gap, NearPage
from assistant.schema import Answer

_MOST_QUESTIONS = 1000  # grouping takes the square of it in time and memory
_NEAR_PAGES = 3


def find_gaps(asked: Sequence[AskedQuestion], assistant: Assistant, *, most: int) -> tuple[Gap, ...]:
    """Return up to ``most`` gaps, most asked first; of very many questions the most asked are grouped.

    A question counts where it went unanswered at least once in the time of the report.
    """
    unanswered = [question for question in asked if question.answered < question.times]
    unanswered.sort(key=lambda one: (one.answered - one.times, one.text, one.language))
    by_text: dict[str, list[AskedQuestion]] = {}
    for question in unanswered[:_MOST_QUESTIONS]:
        by_text.setdefault(question.text, []).append(question)
    groups = [
        tuple(question for text in texts for question in by_text[text])
        for texts in assistant.grouped(tuple(by_text))
    ]
    groups.sort(key=lambda group: (-_times(group), group[0].text))
    return tuple(_gap(group, assistant) for group in groups[:most])


def _times(group: Sequence[AskedQuestion]) -> int:
    return sum(question.times - question.answered for question in group)


def _gap(group: tuple[AskedQuestion, ...], assistant: Assistant) -> Gap:
    try:
        answer = assistant.extract(group[0].text)
    except QuestionError:  # masking may have made it longer than a question can be
        return Gap(group, _times(group), (), False)
    # What was masked is another question now: that it is answered says nothing of the one that was asked.
    is_answered = answer.answered and not is_masked(group[0].text)
    return Gap(group, _times(group), _near_pages(answer), is_answered)


def _near_pages(answer: Answer) -> tuple[NearPage, ...]:
    pages = {c.place.source: NearPage(c.place.title, c.place.source, c.place.url) for c in reversed(answer.citations)}
    return tuple(reversed(pages.values()))[:_NEAR_PAGES]
