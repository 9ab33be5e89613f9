"""What a question asks for: its kind, its terms, its years and the measure it wants."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from assistant.forms import published_forms
from assistant.query import QueryParser, Term
from assistant.schema import AnswerKind, Question
from assistant.text import Evidence, fold
from assistant.yaml_text import parse_yaml

_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20\d\d)(?!\d)")
_ASKED_FOR = re.compile(
    r"how many|number of|\bwhich\b|\bwhat\b|\blist\b|哪些|多少[个篇名位项种款张类条家所次台块门届]?"
    r"|[哪几]?几[个篇名位项种款张类条家所次台块门届]"
)
_WANTED = re.compile(r"什么|哪[个种家些所项]|\bwhat (?!is|are|was|were|do|does|did|has|have|can)|\bwhich ")
_CLOSE = 2  # characters between the question word and what it asks for
_NEAR = 40  # characters after it in which what is asked for stands
_NAMED = 0.5  # how far a text must contain a name
_BEFORE_TYPE = ("which ", "what ", "哪家", "哪个", "哪座", "哪些", "哪几家", "哪几个", "哪一家", "什么")
_RANGE = re.compile(r"(?:19|20)\d\d ?年?级?(?:度)? ?(?:-|–|—|~|to|through|until|till|至|到) ?(?:19|20)\d\d")
_LONGEST_RANGE = 30  # years
_TYPE_SHARE = 0.25  # of the weight of a word, where it only says of which kind the answer is
_TARGETS = 3  # "which joint PhD papers": adjectives may come first
_EDITION = re.compile(r"\b([A-Z][A-Z&]{2,9})[ '’-]{0,2}((?:19|20)\d\d)(?!\d)")
_EDITION_CHINESE = re.compile(r"((?:19|20)\d\d) ?年?[的在]? ?([A-Z][A-Z&]{2,9})\b")


@dataclass(frozen=True)
class Understanding:
    """A question, taken apart."""

    question: Question
    text: str  # the question with what it leaves to its history filled in
    kind: AnswerKind
    kinds: frozenset[AnswerKind]  # every kind that its words fit
    terms: tuple[Term, ...]
    years: tuple[int, ...]
    measures: tuple[str, ...]  # of words.yaml, of which the evidence must show a value
    editions: tuple[tuple[str, str], ...]  # (venue, year) said together: ("NSDI", "2024")
    excludes: tuple[str, ...] = ()  # patterns of headings under which nothing answers

    @cached_property
    def folded(self) -> str:
        """The text in lower case."""
        return fold(self.text)

    @cached_property
    def content(self) -> tuple[Term, ...]:
        """The terms that narrow the question: no fillers, and words for the group itself only
        where there are no others ("which teams are there?").
        """
        content = tuple(term for term in self.terms if term.role == "content")
        return content or tuple(term for term in self.terms if term.role == "self")

    @cached_property
    def targets(self) -> tuple[Term, ...]:
        """The plain terms right after "how many", "which" or 哪些: one says what is wanted."""
        folded = self.folded
        match = _ASKED_FOR.search(folded)
        if match is None:
            return ()
        places = ((folded.find(fold(t.text), match.end()), t) for t in self.content if not t.is_named)
        distances = [(start - match.end(), t.text) for start, t in places]
        near = sorted((distance, text) for distance, text in distances if 0 <= distance <= _NEAR)
        texts = [text for _, text in near[:_TARGETS]]
        if not texts and match[0].startswith(("多少", "几")):
            # "计算节点一共有多少个": what is counted may stand before.
            before = sorted((d, text) for d, text in distances if -_NEAR // 2 <= d < 0)
            texts = [text for _, text in before[-2:]]
        return tuple(term for term in self.content if term.text in texts)

    @cached_property
    def wanted(self) -> Term | None:
        """The plain term right after 什么, 哪个, "what" or "which": the thing that is asked for."""
        folded = self.folded
        match = _WANTED.search(folded)
        if match is None:
            return None
        near = ((folded.find(fold(term.text), match.end()), term) for term in self.content)
        close = [(start, term) for start, term in near if 0 <= start - match.end() <= _CLOSE]
        found = min(close, key=lambda pair: pair[0], default=(0, None))[1]
        return found if found is not None and not found.is_named else None

    @cached_property
    def measured(self) -> frozenset[str]:
        """The plain terms that ask for what pages state without a word for it: a street, a journal."""
        asks = [asks for name, asks in _measures() if name in self.measures and name in speaking_measures()]
        spans = [match.span() for pattern in asks for match in pattern.finditer(self.folded)]
        found = set()
        for term in self.content:
            start = self.folded.find(fold(term.text))
            if not term.is_named and any(a <= start < b for a, b in spans):
                found.add(term.text)
        return frozenset(found)

    def shows_measures(self, text: str) -> bool:
        """Tell whether ``text`` has a value of each measure that is asked for."""
        return all(measure_pattern(name).search(text) for name in self.measures)

    @cached_property
    def subject(self) -> str:
        """The first name of the question, else what the lab calls itself (IICS), "" where it has neither."""
        own = (term.text for term in self.terms if term.role == "self" and sum(map(str.isupper, term.text)) > 1)
        return next((term.text for term in self.content if term.is_named), next(own, ""))

    def names_in(self, text: str) -> frozenset[str]:
        """Return the names of the question that stand in ``text``."""
        evidence = Evidence(text)
        return frozenset(t.text for t in self.content if t.is_named and t.coverage(evidence) >= _NAMED)

    def is_excluded(self, headings: str) -> bool:
        """Tell whether what stands under ``headings`` is of another time than the question's."""
        return any(re.search(pattern, headings, re.IGNORECASE) for pattern in self.excludes)

    @cached_property
    def span_of_years(self) -> tuple[int, ...]:
        """The years of the question, and those between where it says from one to another (2021-2023)."""
        if len(self.years) == 2 and _RANGE.search(self.folded):
            first, last = sorted(self.years)
            return tuple(range(first, last + 1)) if last - first < _LONGEST_RANGE else self.years
        return self.years

    @cached_property
    def asks_of_a_name(self) -> bool:
        """Tell whether it asks for a company or a city of somebody: no row with that name is a list of those."""
        is_typed = any(t.role == "filler" and fold(t.text) in _types() for t in self.terms)
        return is_typed and any(term.is_named for term in self.content)

    @cached_property
    def interrogates(self) -> bool:
        """Tell whether it is a question rather than keywords."""
        return bool(re.search(question_words()["interrogatives"], self.folded))

    @cached_property
    def wants_rows(self) -> bool:
        """Tell whether a list or a count is asked for; an address is not, however it is asked."""
        return bool(self.kinds & {"list", "count"}) and "contact" not in self.kinds


class Interpreter:
    """Takes questions apart, knowing one corpus's vocabulary."""

    def __init__(self, parser: QueryParser) -> None:
        self._parser = parser

    def understand(self, question: Question, text: str) -> Understanding:
        """Return what ``text``, the question with its history resolved, asks for."""
        folded = fold(text)
        fitting = [kind for kind, pattern in _kinds() if pattern.search(folded)]
        measures = tuple(name for name, asks in _measures() if asks.search(folded))
        return Understanding(
            question=question,
            text=text,
            kind=fitting[0] if fitting else "fact",
            kinds=frozenset(fitting),
            terms=tuple(_as_type(term, folded) for term in self._parser.parse(text)),
            years=tuple(dict.fromkeys(int(year) for year in _YEAR.findall(text))),
            measures=measures,
            editions=_editions(text),
            excludes=tuple(excludes for asks, excludes in _times() if asks.search(folded)),
        )


def _as_type(term: Term, folded: str) -> Term:
    """Return a term that only says of which kind the answer is as a filler: the company of "which company"."""
    word = fold(term.text)
    if word not in _types() or not any(folded[: m.start()].endswith(_BEFORE_TYPE) for m in re.finditer(word, folded)):
        return term
    return replace(term, role="filler", weight=_TYPE_SHARE * term.weight)


@lru_cache(maxsize=1)
def _types() -> frozenset[str]:
    return frozenset(question_words()["types"].split())


def _editions(text: str) -> tuple[tuple[str, str], ...]:
    found = [(match[1], match[2]) for match in _EDITION.finditer(text)]
    found += [(match[2], match[1]) for match in _EDITION_CHINESE.finditer(text)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def question_words() -> dict:
    """Return ``words.yaml``: the words by which questions say what they want."""
    return parse_yaml((Path(__file__).parent / "words.yaml").read_text("utf-8"))


def is_rank(term: Term) -> bool:
    """Tell whether ``term`` is a degree or rank: 博士生, postdoc."""
    return _says_rank(term.text)


@lru_cache(maxsize=1024)
def _says_rank(text: str) -> bool:
    return fold(text) in _ranks()


def names_rank(evidence: Evidence) -> bool:
    """Tell whether a text names any degree or rank."""
    return any(rank in evidence for rank in _ranks())


def names_office(evidence: Evidence) -> bool:
    """Tell whether a text names a degree, a rank or an office."""
    return bool(re.search(question_words()["offices"], evidence.folded)) or names_rank(evidence)


@lru_cache(maxsize=1)
def _ranks() -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in question_words()["ranks"].split())


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[AnswerKind, re.Pattern[str]], ...]:
    known = get_args(AnswerKind)
    patterns = question_words()["kinds"]
    return tuple(
        (kind, re.compile("|".join(f"(?:{p})" for p in patterns[kind])))
        for kind in patterns
        if kind in known
    )


@lru_cache(maxsize=1)
def _times() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(t["asks"]), t["excludes"]) for t in question_words()["times"].values())


@lru_cache(maxsize=1)
def _measures() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(m["asks"])) for name, m in question_words()["measures"].items())


@lru_cache(maxsize=1)
def evidence_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return kind → what evidence of it looks like."""
    phone = published_forms()["phone"].pattern.pattern
    shows = question_words()["shows"]
    return MappingProxyType({kind: re.compile(told.replace("{phone}", phone)) for kind, told in shows.items()})


def measuring_words(text: str) -> tuple[str, ...]:
    """Return the words of a question that say which measure it wants: 经费, "email"."""
    matches = (pattern.search(fold(text)) for _, pattern in _measures())
    return tuple(dict.fromkeys(match[0] for match in matches if match))


@lru_cache(maxsize=64)
def measure_pattern(name: str) -> re.Pattern[str]:
    """Return what a value of a measure looks like."""
    published = published_forms().get(name)
    needs = question_words()["measures"][name].get("needs")
    return published.pattern if published is not None else re.compile(needs or "", re.IGNORECASE)


def compile_patterns() -> None:
    """Compile what the first question after each measure would otherwise wait for."""
    for name, _ in _measures():
        measure_pattern(name)
    evidence_patterns()


@lru_cache(maxsize=64)
def measure_ignores(name: str) -> re.Pattern[str] | None:
    """Return what tells nothing where a measure is asked for: a year, where somebody went."""
    ignored = question_words()["measures"][name].get("ignores")
    return re.compile(ignored, re.IGNORECASE) if ignored else None


@lru_cache(maxsize=1)
def speaking_measures() -> frozenset[str]:
    """Return the measures whose values need no word beside them: an email address, a journal."""
    return frozenset(name for name, m in question_words()["measures"].items() if m.get("speaks"))
