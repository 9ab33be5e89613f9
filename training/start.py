"""Where training starts: English from a teacher's words, Chinese through their translations."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from assistant.text import tokenize


def teacher_directions(
    words: Sequence[str], teacher: Mapping[str, np.ndarray], links: csr_matrix,
    stems: Sequence[str], terms: Sequence[str], *, dimension: int, seed: int,
) -> np.ndarray:  # fmt: skip
    """Return unit rows (len(words), dimension): one direction for each vocabulary word.

    ``teacher``: vectors of English words. ``links``: (terms, stems) p(stem | Chinese term).
    Words that neither reaches start as the mean of their characters, or at random.
    """
    english = np.stack(list(teacher.values())).astype(np.float32)
    center = english.mean(axis=0)
    axes = np.linalg.svd(english - center, full_matrices=False)[2][:dimension]
    known = dict(zip(teacher, _unit((english - center) @ axes.T), strict=True))
    known |= _translated(known, links, stems, terms)
    random = np.random.default_rng(seed).standard_normal((len(words), axes.shape[0]))
    rows = _unit(random.astype(np.float32))
    for number, word in enumerate(words):
        if word in known:
            rows[number] = known[word]
        else:
            parts = [known[part] for part in word if part in known and not part.isascii()]
            rows[number] = _unit(sum(parts) + 0.3 * rows[number]) if parts else rows[number]
    return rows


def _translated(
    english: Mapping[str, np.ndarray], links: csr_matrix, stems: Sequence[str], terms: Sequence[str]
) -> dict[str, np.ndarray]:
    by_stem: dict[str, np.ndarray] = {}
    for word, vector in english.items():
        for stem in tokenize(word)[:1]:
            by_stem[stem] = by_stem.get(stem, 0) + vector
    width = len(next(iter(english.values())))
    table = np.stack([_unit(by_stem[s]) if s in by_stem else np.zeros(width) for s in stems])
    vectors = links @ table.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    return {
        term: vector / length for term, vector, length in zip(terms, vectors, lengths, strict=True) if length > 0.05
    }


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
