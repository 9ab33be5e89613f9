"""Gathers the sentences that may answer a question, and the verdict on the best of them."""

from dataclasses import dataclass

from assistant.answering.abstaining import Verdict, judge
from assistant.answering.definitions import spells_out
from assistant.answering.facts import Fact, FactFinder, best_of_passages
from assistant.answering.understanding import Understanding
from assistant.answering.weights import Weights
from assistant.forms import published_forms
from assistant.index.embedding import Embedder
from assistant.index.names import NameIndex
from assistant.index.store import Generation
from assistant.retrieval import Retriever
from assistant.schema import Hit

_HITS = 20
_MOST_READ = 1000  # passages that hold a name, looked through for the sentence that spells it out
_SPELT_OUT = 2  # definitions.spells_out: words beside the name, not only "NAME is …"
_SURE = 0.8  # confidence of an answer that its form proves
_PUBLISHED = 0.5  # the same of an address that the site publishes
_HEADED = 0.6  # share of the question in the headings from which a section is about it


@dataclass(frozen=True)
class Gathered:
    """What was found for one question."""

    hits: tuple[Hit, ...]
    sentences: tuple[Fact, ...]  # every sentence read, in reading order
    facts: tuple[Fact, ...]  # the best of each passage, best first
    verdict: Verdict


class EvidenceGatherer:
    """Searches one generation for what answers a question."""

    def __init__(
        self, generation: Generation, embedder: Embedder, names: NameIndex, weights: Weights
    ) -> None:
        self._generation = generation
        self._weights = weights
        self._retriever = Retriever(generation, embedder)
        self._finder = FactFinder(embedder, names, weights, generation)

    def search(self, asked: Understanding, *, limit: int) -> tuple[Hit, ...]:
        """Return up to ``limit`` passages for ``asked``, best first."""
        return self._retriever.search(asked.text, asked.terms, limit=limit)

    def gather(self, asked: Understanding) -> Gathered:
        """Return the evidence for ``asked``, addresses and definitions looked for specially."""
        hits = self._retriever.search(asked.text, asked.terms, limit=_HITS)
        sentences = self._finder.read(asked, hits)
        facts = best_of_passages(sentences)
        verdict = judge(asked, facts, self._weights)
        if verdict.fact is None:
            facts, verdict = self._looked_up(asked, facts, verdict)
        if asked.kind == "definition" and asked.subject:
            facts, verdict = self._definition(asked, facts, verdict)
        return Gathered(hits, sentences, facts, verdict)

    def start_of_section(self, asked: Understanding, best: Fact) -> Fact:
        """Return the first fact under the best one's heading, where that heading is the question's.

        A how-to begins with what to do; what it prints stands below.
        """
        if best.signals.heading < _HEADED:
            return best
        numbers = self._generation.outline.same_section(best.passage)
        hits = self._retriever.rank(asked.text, asked.terms, numbers, limit=_HITS)
        facts = [fact for fact in self._finder.find(asked, hits) if fact.is_eligible]
        return min(facts, key=lambda fact: fact.passage.place.start, default=best)

    def _looked_up(
        self, asked: Understanding, facts: tuple[Fact, ...], verdict: Verdict
    ) -> tuple[tuple[Fact, ...], Verdict]:
        """Look for an address among all passages that publish one.

        Who asks how to apply wants the published address, in whatever words it stands there: it
        need not be as likely as another fact, only hold every name of the question.
        """
        wanted = [name for name in asked.measures if name in published_forms()]
        if asked.kind == "contact":
            wanted = list(dict.fromkeys((*wanted, "email", "phone")))
        for name in wanted:
            numbers = self._generation.outline.publishing(name)
            hits = self._retriever.rank(asked.text, asked.terms, numbers, limit=_HITS)
            found = self._finder.find(asked, hits)
            best = next((fact for fact in found if fact.is_eligible), None)
            if best is not None:
                return found, Verdict(best, max(verdict.confidence, _PUBLISHED), best.missing)
        return facts, verdict

    def _definition(
        self, asked: Understanding, facts: tuple[Fact, ...], verdict: Verdict
    ) -> tuple[tuple[Fact, ...], Verdict]:
        """Look for the sentence that spells the name out among all that hold it."""
        numbers = self._retriever.containing(asked.subject, limit=_MOST_READ)
        passages = self._generation.passages
        plainest = sorted(numbers, key=lambda n: -spells_out(asked.subject, passages[n].text))[:_HITS]
        hits = self._retriever.rank(asked.text, asked.terms, plainest, limit=_HITS)
        found = sorted(
            (fact for fact in self._finder.read(asked, hits) if fact.is_eligible),
            key=lambda fact: (-spells_out(asked.subject, fact.text), -fact.score),
        )
        if not found or spells_out(asked.subject, found[0].text) < _SPELT_OUT:
            return facts, verdict
        confidence = max(verdict.confidence, _SURE)
        return tuple(found), Verdict(found[0], confidence, found[0].missing)
