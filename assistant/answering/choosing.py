"""Chooses between rows and sentences, and which sentences to quote."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.abstaining import Verdict
from assistant.answering.facts import Fact
from assistant.answering.tables import RowAnswer
from assistant.answering.understanding import Understanding, evidence_patterns, question_words

_MOST_ROWS = 200  # a question that matches more rows than this names no list
_STATED = 0.7  # share of the question in a sentence that states a number: no need to count rows
_LABELLED = 0.5  # the same where the number stands after a label: 计算节点：10 个
_HEADED = 0.6  # share of the question in the headings from which a section is about it
_WORSE = 0.03  # share of the question by which rows found by plain words must not fall behind
_SAME_THING = 0.6  # share of the best coverage from which two sentences are about one thing
_RIVAL = 0.85  # share of the best score from which a sentence of the same passage is quoted too
_LONGEST_SPAN = 400  # characters of a quote that holds both
_NEARLY_AS_GOOD = 0.85  # share of the best score from which a second fact is quoted too
_NUMBER = r"(?<![\d./-])(?!(?:19|20)\d\d\b)(?:\d[\d,]*\+?|[二三四五六七八九十百千万两]+)"


def rows_answer_best(asked: Understanding, rows: RowAnswer, verdict: Verdict) -> bool:
    """Tell whether the rows, rather than the best sentence, answer the question."""
    if not rows.records or len(rows.records) > _MOST_ROWS:
        return False
    best = verdict.fact
    if best is None:
        return True
    if not rows.is_strict and not rows.is_asked_for and rows.explained < best.signals.coverage - _WORSE:
        return False  # rows that share a few plain words with the question
    if best.passage.kind == "row":
        return True
    if best.signals.heading >= _HEADED and not rows.is_filtered and not rows.is_named:
        return False  # a section of that name holds the list
    return rows.explained >= best.signals.coverage - 0.15 or rows.is_filtered


def tells_more(asked: Understanding, rows: RowAnswer, verdict: Verdict) -> bool:
    """Tell whether a table accounts for more of the question than the best sentence.

    A sentence that has the very edition asked for ("ICCV 2017") tells as much as a table without it.
    """
    if verdict.fact is None:
        return True
    is_told = bool(asked.editions) and not verdict.fact.missing
    return not is_told and rows.explained >= verdict.fact.signals.coverage


def stated_counts(asked: Understanding, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the sentences that state the number itself, best first: no rows need be counted then.

    Pages that state different numbers are all heard. A number for one year is left to the rows: a
    sentence that names the year may count something else.
    """
    if not asked.targets or asked.years:
        return ()
    variants = (token for term in asked.targets for token in (*term.tokens, *dict(term.variants)))
    nouns = "|".join(re.escape(token) for token in dict.fromkeys(variants))
    near = re.compile(  # cases are ignored in the nouns alone: in classes of Chinese that takes long to compile
        rf"{_NUMBER}\s*[余多]?[个篇名位项种款条张类]?[^。.，,、；;\n]{{0,6}}?(?i:{nouns})"
        rf"|(?i:{nouns})[^。.，,、；;\n]{{0,6}}(?:达到?|共|有|为|超过|约)\s*{_NUMBER}"
        rf"|(?i:{nouns})\s*{_NUMBER}\s*[余多]?[个名位人]"
        rf"|(?i:{nouns})(?P<label>\s*[:：])\s*{_NUMBER}"
    )
    is_rate = re.compile(question_words()["yearly"], re.IGNORECASE)
    stating: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda fact: -fact.score):
        found = near.search(fact.text)
        if is_rate.search(fact.text) and not is_rate.search(asked.folded):
            continue
        least = _LABELLED if found and found["label"] else _STATED
        fits = fact.passage.kind != "row" and fact.is_eligible and fact.signals.own_coverage >= least
        if found and fits:
            stating.setdefault(re.sub(r"\D", "", found[0]), fact)
    return tuple(stating.values())


def with_closing(best: Fact, facts: Sequence[Fact]) -> Fact:
    """Return the sentence that says it is over or full, where one is about the same thing."""
    closing = re.compile(question_words()["closing"], re.IGNORECASE)
    over = [
        fact
        for fact in facts
        if closing.search(fact.text) and fact.signals.coverage >= _SAME_THING * best.signals.coverage
    ]
    return max(over, key=lambda fact: fact.score, default=best)


def also_asked(asked: Understanding, best: Fact, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return a sentence for the second thing asked for ("on which day, and how many came?")."""
    others = [kind for kind in ("date", "count", "contact") if kind in asked.kinds and kind != asked.kind]
    found = []
    for kind in others:
        pattern = evidence_patterns()[kind]
        if pattern.search(best.text):
            continue
        fitting = [
            fact for fact in facts
            if pattern.search(fact.text) and not any(term.is_named for term in fact.missing)
            and fact.signals.coverage >= _SAME_THING * best.signals.coverage
        ]  # fmt: skip
        found += [max(fitting, key=lambda fact: fact.score)] if fitting else []
    return tuple(found)


def with_rivals(asked: Understanding, best: Fact, facts: Sequence[Fact]) -> Fact:
    """Return ``best`` widened to the sentences of its passage that are nearly as good.

    Of "led by A … belongs to the centre led by B" no score tells which one is meant: both are read.
    What stands on the next line about somebody else is not.
    """
    if best.passage.kind == "row":
        return best
    about = asked.names_in(best.text)
    rivals = [
        fact for fact in facts
        if fact.passage.id == best.passage.id and fact.is_eligible and asked.names_in(fact.text) >= about
        and fact.score >= _RIVAL * best.score
        and max(fact.end, best.end) - min(fact.start, best.start) <= _LONGEST_SPAN
    ]  # fmt: skip
    start = min((fact.start for fact in rivals), default=best.start)
    end = max((fact.end for fact in rivals), default=best.end)
    fits = end - start <= _LONGEST_SPAN
    return replace(best, start=start, end=end) if fits else best


def worth_quoting(best: Fact, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the best fact and those nearly as good."""
    others = (fact for fact in facts if fact.passage.id != best.passage.id and fact.is_eligible)
    return best, *(fact for fact in others if fact.score >= _NEARLY_AS_GOOD * best.score)
