"""A question → an Answer: rows where a table holds them, else a verbatim fact, else an abstention."""

from dataclasses import replace

from assistant.answering.choosing import (
    also_asked,
    rows_answer_best,
    stated_counts,
    tells_more,
    with_closing,
    with_rivals,
    worth_quoting,
)
from assistant.answering.composing import Composer
from assistant.answering.evidence import EvidenceGatherer, Gathered
from assistant.answering.facts import Fact
from assistant.answering.followup import complete
from assistant.answering.suggesting import find_examples, next_questions
from assistant.answering.tables import RecordBook, RowAnswer
from assistant.answering.understanding import Interpreter, Understanding
from assistant.answering.weights import Weights
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.index.store import Generation
from assistant.query import QueryParser
from assistant.schema import Answer, Example, Hit, Language, Question

_LEAST_CONFIDENCE = 0.5  # of an answer whose number the documents state


class Answerer:
    """Answers questions over one generation."""

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        parser: QueryParser,
        names: NameIndex,
        *,
        max_citations: int,
    ) -> None:
        self._generation = generation
        self._parser = parser
        self._interpreter = Interpreter(parser)
        self._evidence = EvidenceGatherer(generation, embedder, names, Weights.load())
        self._records = RecordBook(generation.records)
        self._composer = Composer(generation, max_citations=max_citations)
        self._tried: dict[Question, Answer] = {}

    def answer(self, question: Question) -> Answer:
        """Return the answer; ``answered`` is False where the documents do not support one."""
        answer = self._answer(question)
        return replace(answer, suggestions=next_questions(self._generation.examples, answer))

    @property
    def parser(self) -> QueryParser:
        """What turns text into terms with this generation's vocabulary."""
        return self._parser

    def search(self, question: Question, *, limit: int) -> tuple[Hit, ...]:
        """Return up to ``limit`` passages that may answer ``question``, best first."""
        text = complete(question.text, question.history, self._parser)
        return self._evidence.search(self._interpreter.understand(question, text), limit=limit)

    def find_examples(self, language: Language) -> tuple[Example, ...]:
        """Return questions that this generation answers, found by asking them."""
        return find_examples(
            self._generation.passages, self._generation.records, language,
            lambda text, spoken: self.tried(Question(text, (), spoken)),
        )  # fmt: skip

    def tried(self, question: Question) -> Answer:
        """Return the answer, without suggestions; what was tried before is not asked again."""
        if question not in self._tried:
            self._tried[question] = self._answer(question)
        return self._tried[question]

    def _answer(self, question: Question) -> Answer:
        text = complete(question.text, question.history, self._parser)
        asked = self._interpreter.understand(question, text)
        found = self._evidence.gather(asked)
        verdict = found.verdict
        stated = stated_counts(asked, found.sentences) if asked.kind == "count" else ()
        if stated:
            return self._composer.facts(asked, stated, max(verdict.confidence, _LEAST_CONFIDENCE))
        rows = self._rows(asked)
        if rows is not None and rows_answer_best(asked, rows, verdict):
            return self._composer.rows(asked, rows)
        names_no_such_row = rows is not None and not rows.records and tells_more(asked, rows, verdict)
        if verdict.fact is None or names_no_such_row:
            return self._composer.abstention(asked, found.hits, verdict)
        quoted = self._quoted(asked, found, verdict.fact)
        return self._composer.facts(asked, quoted, verdict.confidence)

    def _rows(self, asked: Understanding) -> RowAnswer | None:
        """Return the rows of a list or a count; for keywords and "who" only rows that are all of it."""
        if asked.asks_of_a_name:
            return None
        if asked.wants_rows:
            return self._records.find(asked)
        if asked.kinds and asked.kinds != {"person"}:
            return None
        rows = self._records.find(asked)
        if rows is None or (asked.interrogates and not rows.is_asked_for):
            return None  # where somebody works is not told by the papers with that name
        whole = rows.is_whole_question or (bool(asked.kinds) and rows.is_a_list)
        return rows if whole else None

    def _quoted(self, asked: Understanding, found: Gathered, best: Fact) -> tuple[Fact, ...]:
        if asked.kind == "status":
            best = with_closing(best, found.sentences)
        elif asked.kind in ("howto", "list"):
            best = self._evidence.start_of_section(asked, best)
        else:
            best = with_rivals(asked, best, found.sentences)
        return (*worth_quoting(best, found.facts), *also_asked(asked, best, found.sentences))
