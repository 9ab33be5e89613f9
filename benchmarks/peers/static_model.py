"""The assistant's own embedding model, for all contenders alike."""

from collections.abc import Sequence

import numpy as np

from assistant.index.embedding import Embedder, load_embedder


def load() -> Embedder:
    """Return the shipped static model."""
    return load_embedder("default")


def lists(model: Embedder, texts: Sequence[str]) -> list[list[float]]:
    """Return a vector a text as lists of numbers, which most frameworks take."""
    return model.encode(texts).tolist()


def matrix(model: Embedder, texts: Sequence[str]) -> np.ndarray:
    """Return ``(texts, dimension)`` float32, rows of unit length."""
    return model.encode(texts)
