"""The floor of the comparison: counted term translations and a static embedding plainly trained.

    python -m training.floor --data DIR --output FOLDER

What a day's work gives from the same training split, to measure the shipped retriever against:
BM25 whose words also ask for their four best translations by co-occurrence (Dice times the
logarithm of the count), and one vector a token trained from a random start on sentence pairs and
sections, without glosses, dictionary, teacher or hard cases. ``benchmarks/retrieval.py --floor
FOLDER`` asks it.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix

from assistant.index.embedding import StaticEmbedder
from assistant.text import tokenize
from training.data import TextPair, read_pairs
from training.export import export_model
from training.tasks import tokenize_texts
from training.train import TrainingPlan, idf, train
from training.vocabulary import UNKNOWN, build_tokenizer, choose_words, count_words

_PAIRS = 350_000  # sentence pairs that the table counts
_PER_TERM = 4
_FEWEST = 2  # sentences that hold both
_DIMENSION = 256
_WORDS = 90_000
_PLAN = TrainingPlan(steps=1200, batch=1024)
_KINDS = ("heading", "first")
_DIRECTIONS = ("en_en", "zh_zh", "en_zh", "zh_en")
_TABLE = "counted.tsv"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Floor:
    """Both parts, read back."""

    embedder: StaticEmbedder
    translations: Mapping[str, Sequence[tuple[str, float]]]  # term → (term, weight), best first

    @classmethod
    def load(cls, folder: Path) -> "Floor":
        """Open what ``make_floor`` wrote."""
        found: dict[str, list[tuple[str, float]]] = {}
        for line in (folder / _TABLE).read_text("utf-8").splitlines():
            term, target, weight = line.split("\t")
            found.setdefault(term, []).append((target, float(weight)))
        return cls(StaticEmbedder.load(folder), found)

    def terms(self, question: str) -> list[tuple[str, float]]:
        """Return the weighted tokens that BM25 sums: the question's own, then their translations."""
        own = list(dict.fromkeys(tokenize(question)))
        return [(token, 1.0) for token in own] + [pair for token in own for pair in self.translations.get(token, ())]


def make_floor(data: Path, output: Path, *, plan: TrainingPlan = _PLAN, limit: int | None = None) -> None:
    """Write table and embedding; ``limit`` rows of each file are read."""
    output.mkdir(parents=True, exist_ok=True)
    pairs = read_pairs(data, "parallel", "en", "zh", held_out=False, limit=min(limit or _PAIRS, _PAIRS))
    table = count_translations(pairs)
    lines = [f"{term}\t{target}\t{weight:.4f}" for term, found in table.items() for target, weight in found]
    (output / _TABLE).write_text("\n".join(lines) + "\n", "utf-8")
    _log.info("table: %d terms", len(table))
    tokenizer = build_tokenizer(choose_words(count_words(data, limit=limit), _WORDS, latin_share=0.36))
    texts = tokenize_texts(data, tokenizer, {}, limit=limit)
    shares = {f"{kind}_{way}": 1.0 for kind in _KINDS for way in _DIRECTIONS} | {"parallel": 4.0}
    counts = np.bincount(texts.store.ids, minlength=tokenizer.get_vocab_size())
    random = np.random.default_rng(plan.seed).standard_normal((len(counts), _DIMENSION)) / np.sqrt(_DIMENSION)
    weights = (random * idf(counts)[:, None]).astype(np.float32)
    for step, loss in train([texts.task(name, share) for name, share in shares.items()], weights, plan):
        _log.info("step %d of %d: loss %.3f", step, plan.steps, loss)
    weights[tokenizer.token_to_id(UNKNOWN)] = 0
    export_model(output, tokenizer, weights, name="floor", version="1")


def count_translations(pairs: Sequence[TextPair]) -> dict[str, list[tuple[str, float]]]:
    """Return the best translations of every term of either language, the best of each at weight 1."""
    vocabularies: tuple[dict[str, int], dict[str, int]] = ({}, {})
    sides = []
    for known, texts in zip(vocabularies, ([p.left for p in pairs], [p.right for p in pairs]), strict=True):
        tokens = [list(dict.fromkeys(tokenize(text))) for text in texts]
        numbers = [known.setdefault(token, len(known)) for listed in tokens for token in listed]
        starts = np.cumsum([0, *map(len, tokens)])
        sides.append(csr_matrix((np.ones(len(numbers), np.float32), numbers, starts), (len(tokens), len(known))))
    together = (sides[0].T @ sides[1]).tocoo()
    often = [np.asarray(side.sum(axis=0)).ravel() for side in sides]
    kept = together.data >= _FEWEST
    ends, count = (together.row[kept], together.col[kept]), together.data[kept]
    score = 2 * count / (often[0][ends[0]] + often[1][ends[1]]) * np.log1p(count)
    names = [list(known) for known in vocabularies]
    return _best(ends[1], ends[0], score, names[1], names[0]) | _best(*ends, score, *names)


def _best(
    terms: np.ndarray, targets: np.ndarray, score: np.ndarray, own: Sequence[str], other: Sequence[str]
) -> dict[str, list[tuple[str, float]]]:
    order = np.lexsort((targets, -score, terms))
    found: dict[str, list[tuple[str, float]]] = {}
    for term, target, value in zip(terms[order].tolist(), targets[order].tolist(), score[order].tolist(), strict=True):
        if own[term] != other[target]:
            listed = found.setdefault(own[term], [])
            if len(listed) < _PER_TERM:
                listed.append((other[target], value))
    return {term: [(target, value / listed[0][1]) for target, value in listed] for term, listed in found.items()}


def main() -> None:
    """Make the floor from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.floor", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the *.jsonl.gz files")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--rows", type=int, help="rows to read of each file: a trial run")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    make_floor(arguments.data, arguments.output, limit=arguments.rows)


if __name__ == "__main__":
    main()
