"""Compares the answers that a language model worded with the extractive ones, over one question set."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation import Outcome, Report, Share, evaluate
from assistant.pipeline import Assistant
from assistant.schema import Answer
from assistant.text import normalize, squeeze

_MARKER = re.compile(r"\[\d{1,3}\]")
_CHINESE_MARK = re.compile("[，；：。、）】》]")  # an address ends there; in compatibility form it would not
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s，。；、）)]+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_NAME = re.compile(r"[A-Za-z][\w-]*[A-Z0-9][\w-]*")  # acronyms, camel case, names with a digit
_CAPITAL = re.compile(r"(?<![.!?:：] )(?<![\n。“])(?<!^)\b[A-Z][a-z]+\b")  # not where a sentence begins

Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Comparison:
    """Both reports of one question set, and what became of the model's words."""

    path: Path
    extractive: Report
    generated: Report
    worded: Share  # of the answered questions, those that the model worded
    outcomes: Mapping[str, int]  # how often each thing became of a reply: "generated", "timeout", …
    dropped: Mapping[str, int]  # sentences, by what was wrong with them
    unsupported: tuple[tuple[Outcome, tuple[str, ...]], ...]  # what stands in an answer, but in no source

    @property
    def differing(self) -> tuple[tuple[Outcome, Outcome], ...]:
        """The questions of which only one of the two answers is right: (extractive, generated)."""
        pairs = zip(self.extractive.outcomes, self.generated.outcomes, strict=True)
        return tuple((first, second) for first, second in pairs if first.is_right != second.is_right)


def compare(extractive: Assistant, generating: Assistant, path: Path) -> Comparison:
    """Ask both assistants every question of the set at ``path``."""
    before = generating.wording_counts()
    reports = evaluate(extractive, path), evaluate(generating, path)
    after = generating.wording_counts()
    answered = [outcome for outcome in reports[1].outcomes if outcome.answer.answered]
    worded = [outcome for outcome in answered if outcome.answer.method == "generated"]
    found = ((outcome, unsupported_facts(outcome.answer)) for outcome in worded)
    return Comparison(
        path=path,
        extractive=reports[0],
        generated=reports[1],
        worded=Share(len(worded), len(answered)),
        outcomes=_since(before, after, "answers"),
        dropped=_since(before, after, "sentences_dropped"),
        unsupported=tuple((outcome, facts) for outcome, facts in found if facts),
    )


def unsupported_facts(answer: Answer) -> tuple[str, ...]:
    """Return the addresses, numbers and Latin names of ``answer`` that none of its sources holds.

    Simpler than what decides about a sentence, and apart from it: the one is a check on the other.
    A Chinese name spelt in Latin letters counts as unsupported here unless its pinyin is in a source.
    """
    text = normalize(_CHINESE_MARK.sub(r" \g<0>", _MARKER.sub("", answer.text)))
    sources = [f"{c.quote}\n{c.place.title}\n{' '.join(c.place.heading_path)}" for c in answer.citations]
    sources += [field.name + "\n" + field.value for item in answer.items for field in item.fields]
    stated = squeeze("\n".join((*sources, str(len(answer.items)))))
    facts = dict.fromkeys(_facts(text))
    return tuple(fact for fact in facts if squeeze(fact) not in stated and not _spelt(fact, stated))


def _facts(text: str) -> Iterator[str]:
    for address in _ADDRESS.findall(text):
        yield address.rstrip(".,;:")
    rest = _ADDRESS.sub(" ", text)
    for pattern in (_NAME, _CAPITAL, _NUMBER):
        yield from pattern.findall(rest)


def _spelt(word: str, stated: str) -> bool:
    from pypinyin import lazy_pinyin

    return word.isalpha() and word.lower() in "".join(lazy_pinyin(stated))


def _since(before: Counts, after: Counts, name: str) -> dict[str, int]:
    grown = Counter({label: n for (kind, label), n in after.items() if kind == name})
    grown.subtract({label: n for (kind, label), n in before.items() if kind == name})
    return {label: n for label, n in sorted(grown.items()) if n}
