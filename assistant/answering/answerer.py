"""A question → an Answer: rows where a table holds them, else a verbatim fact, else an abstention."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from assistant.answering import abstaining
from assistant.answering.composing import Composer
from assistant.answering.definitions import spells_out
from assistant.answering.facts import Fact, FactFinder, best_of_passages
from assistant.answering.followup import complete
from assistant.answering.suggesting import find_examples, next_questions
from assistant.answering.tables import RecordBook, RowAnswer
from assistant.answering.understanding import Interpreter, Understanding, question_words
from assistant.answering.weights import Weights
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.index.store import Generation
from assistant.query import QueryParser
from assistant.retrieval import Retriever
from assistant.schema import Answer, Example, Language, Question

_HITS = 20
_MOST_ROWS = 200  # a question that matches more rows than this names no list
_STATED = 0.75  # share of the question in a sentence that states a number: no need to count rows
_SPELT_OUT = 2  # definitions.spells_out: words beside the name, not only "NAME is …"
_SURE = 0.8  # confidence of an answer that its form proves
_HEADED = 0.6  # share of the question in the headings from which a section is about it
_SAME_THING = 0.6  # share of the best coverage from which two sentences are about one thing
_NUMBER = r"(?<![\d./-])(?!(?:19|20)\d\d\b)(?:\d[\d,]*\+?|[二三四五六七八九十百千万两]+)"
_NEARLY_AS_GOOD = 0.93  # share of the best score from which a second fact is quoted too


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
        self._retriever = Retriever(generation, embedder)
        self._records = RecordBook(generation.records)
        self._weights = Weights.load()
        self._facts = FactFinder(embedder, names, self._weights)
        self._sections: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for number, passage in enumerate(generation.passages):
            self._sections[passage.place.source, passage.place.heading_path].append(number)
        measures = question_words()["measures"]
        self._addresses = {
            name: [n for n, p in enumerate(generation.passages) if re.search(measures[name]["needs"], p.text)]
            for name in ("email", "phone")
        }
        self._composer = Composer(generation, max_citations=max_citations)

    def answer(self, question: Question) -> Answer:
        """Return the answer; ``answered`` is False where the documents do not support one."""
        answer = self._answer(question)
        return replace(answer, suggestions=next_questions(self._generation.examples, answer))

    def find_examples(self, language: Language) -> tuple[Example, ...]:
        """Return questions that this generation answers, found by asking them."""
        return find_examples(
            self._generation.passages, self._generation.records, language,
            lambda text, spoken: self._answer(Question(text, (), spoken)),
        )  # fmt: skip

    def _answer(self, question: Question) -> Answer:
        text = complete(question.text, question.history, self._parser)
        asked = self._interpreter.understand(question, text)
        hits = self._retriever.search(text, asked.terms, limit=_HITS)
        sentences = self._facts.read(asked, hits)
        facts = best_of_passages(sentences)
        verdict = abstaining.judge(asked, facts, self._weights)
        if asked.kind == "contact" and verdict.fact is None:
            facts, verdict = self._contact(asked, verdict)
        if asked.kind == "definition" and asked.subject:
            facts, verdict = self._definition(asked, facts, verdict)
        rows = self._records.find(asked) if asked.wants_rows or not asked.kinds else None
        if rows is not None and not asked.kinds and not rows.is_whole_question:
            rows = None
        stated = _stated_counts(asked, sentences) if asked.kind == "count" else ()
        if stated:
            return self._composer.facts(asked, stated, max(verdict.confidence, 0.5))
        if rows is not None and _rows_answer_best(asked, rows, verdict):
            return self._composer.rows(asked, rows)
        if verdict.fact is not None and not (rows is not None and not rows.records):
            best = verdict.fact
            if asked.kind == "status":
                best = _with_closing(best, sentences)
            elif asked.kind == "howto":
                best = self._start_of_section(asked, best)
            quoted = (*_worth_quoting(best, facts), *_also_asked(asked, best, sentences))
            return self._composer.facts(asked, quoted, verdict.confidence)
        return self._composer.abstention(asked, hits, verdict)

    def _contact(
        self, asked: Understanding, verdict: abstaining.Verdict
    ) -> tuple[tuple[Fact, ...], abstaining.Verdict]:
        """Look for the address among all passages that publish one.

        Who asks how to apply wants the published address, in whatever words it stands there: it
        need not be as likely as another fact, only hold every name of the question.
        """
        for numbers in self._addresses.values():
            hits = self._retriever.rank(asked.text, asked.terms, numbers, limit=_HITS)
            facts = self._facts.find(asked, hits)
            best = next((fact for fact in facts if fact.is_eligible), None)
            if best is not None:
                return facts, abstaining.Verdict(best, max(verdict.confidence, 0.5), best.missing)
        return (), verdict

    def _start_of_section(self, asked: Understanding, best: Fact) -> Fact:
        """Return the first fact under the best one's heading, where that heading is the question's.

        A how-to begins with what to do; what it prints stands below.
        """
        if best.signals.heading < _HEADED:
            return best
        place = best.passage.place
        numbers = self._sections[place.source, place.heading_path]
        hits = self._retriever.rank(asked.text, asked.terms, numbers, limit=_HITS)
        facts = [fact for fact in self._facts.find(asked, hits) if fact.is_eligible]
        return min(facts, key=lambda fact: fact.passage.place.start, default=best)

    def _definition(
        self, asked: Understanding, facts: tuple[Fact, ...], verdict: abstaining.Verdict
    ) -> tuple[tuple[Fact, ...], abstaining.Verdict]:
        """Look for the sentence that spells the name out among all that hold it."""
        numbers = self._retriever.containing(asked.subject)
        passages = self._generation.passages
        plainest = sorted(numbers, key=lambda n: -spells_out(asked.subject, passages[n].text))[:_HITS]
        hits = self._retriever.rank(asked.text, asked.terms, plainest, limit=_HITS)
        found = sorted(
            (fact for fact in self._facts.read(asked, hits) if fact.is_eligible),
            key=lambda fact: (-spells_out(asked.subject, fact.text), -fact.score),
        )
        if not found or spells_out(asked.subject, found[0].text) < _SPELT_OUT:
            return facts, verdict
        confidence = max(verdict.confidence, _SURE)
        return tuple(found), abstaining.Verdict(found[0], confidence, found[0].missing)


def _rows_answer_best(asked: Understanding, rows: RowAnswer, verdict: abstaining.Verdict) -> bool:
    """Tell whether the rows, rather than the best sentence, answer the question."""
    if not rows.records or len(rows.records) > _MOST_ROWS:
        return False
    best = verdict.fact
    if best is None or best.passage.kind == "row":
        return True
    if best.signals.heading >= _HEADED and not rows.is_filtered and not rows.is_named:
        return False  # a section of that name holds the list
    return rows.explained >= best.signals.coverage - 0.15 or rows.is_filtered


def _stated_counts(asked: Understanding, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the sentences that state the number itself, best first: no rows need be counted then.

    Pages that state different numbers are all heard.
    """
    if not asked.targets:
        return ()
    variants = (token for term in asked.targets for token in (*term.tokens, *dict(term.variants)))
    nouns = "|".join(re.escape(token) for token in dict.fromkeys(variants))
    near = re.compile(
        rf"{_NUMBER}\s*[余多]?[个篇名位项种款条张类]?[^。.，,；;\n]{{0,6}}?(?:{nouns})"
        rf"|(?:{nouns})[^。.，,；;\n]{{0,6}}(?:达到?|共|有|为|超过|约)\s*{_NUMBER}",
        re.IGNORECASE,
    )
    stating: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda fact: -fact.score):
        found = near.search(fact.text)
        fits = fact.passage.kind != "row" and fact.is_eligible and fact.signals.own_coverage >= _STATED
        if found and fits:
            stating.setdefault(re.sub(r"\D", "", found[0]), fact)
    return tuple(stating.values())


def _with_closing(best: Fact, facts: Sequence[Fact]) -> Fact:
    """Return the sentence that says it is over or full, where one is about the same thing."""
    closing = re.compile(question_words()["closing"], re.IGNORECASE)
    over = [
        fact
        for fact in facts
        if closing.search(fact.text) and fact.signals.coverage >= _SAME_THING * best.signals.coverage
    ]
    return max(over, key=lambda fact: fact.score, default=best)


def _also_asked(asked: Understanding, best: Fact, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return a sentence for the second thing asked for ("on which day, and how many came?")."""
    shows = question_words()["shows"]
    others = [kind for kind in ("date", "count", "contact") if kind in asked.kinds and kind != asked.kind]
    found = []
    for kind in others:
        pattern = re.compile(shows[kind])
        if pattern.search(best.text):
            continue
        fitting = [
            fact for fact in facts
            if pattern.search(fact.text) and not any(term.is_named for term in fact.missing)
            and fact.signals.coverage >= _SAME_THING * best.signals.coverage
        ]  # fmt: skip
        found += [max(fitting, key=lambda fact: fact.score)] if fitting else []
    return tuple(found)


def _worth_quoting(best: Fact, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the best fact and those nearly as good."""
    others = (fact for fact in facts if fact is not best and fact.is_eligible)
    return best, *(fact for fact in others if fact.score >= _NEARLY_AS_GOOD * best.score)
