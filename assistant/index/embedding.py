"""Text to unit vectors: the shipped static model, or any sentence-transformers model."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from assistant.errors import ModelError, OptionalPackageMissing

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "model"

# Texts whose token rows are gathered at once: bounds memory, and stays inside the cache.
_BATCH = 64


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    @property
    def name(self) -> str:
        """What the index manifest records: another name means another index."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32, rows of unit length or zero."""


class StaticEmbedder:
    """The mean of one learned vector a token: model2vec's layout, read without torch.

    ``rows``: (n, dimension) int8 or float16; token ``t`` has the vector
    ``rows[mapping[t]] * weights[t]``. sentence-transformers' ``StaticEmbedding`` reads the same
    folder and gives the same vectors, twenty times slower to start.
    """

    def __init__(
        self,
        name: str,
        tokenizer: Tokenizer,
        rows: np.ndarray,
        mapping: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.name = name
        self.dimension = int(rows.shape[1])
        self._tokenizer = tokenizer
        self._rows = rows
        self._mapping = mapping
        self._weights = weights

    @classmethod
    def load(cls, folder: Path) -> "StaticEmbedder":
        """Read ``tokenizer.json`` and ``model.safetensors``; raises ModelError."""
        try:
            # Opened here first: the Rust loader reports a missing file as a bare Exception.
            tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
            tensors = load_file(folder / "model.safetensors")
            config = json.loads((folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError, SafetensorError) as error:
            raise ModelError(
                f"The embedding model in {folder} does not load ({error}); "
                "restore that folder from the repository or name another embedding.model."
            ) from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        rows = tensors.get("embeddings", tensors.get("embedding.weight"))
        if rows is None:
            raise ModelError(
                f"{folder / 'model.safetensors'} holds no embeddings; "
                "restore it from the repository or name another embedding.model."
            )
        size = tokenizer.get_vocab_size()
        mapping = tensors.get("mapping", np.arange(size))
        weights = tensors.get("weights", np.ones(size))
        return cls(
            _static_name(config, folder),
            tokenizer,
            rows,
            mapping.astype(np.int64),
            weights.astype(np.float32),
        )

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32; a text without known tokens is all zeros."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for start, ids in self._token_batches(texts):
            self._sum_into(vectors[start : start + len(ids)], ids)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def _token_batches(self, texts: Sequence[str]) -> Iterator[tuple[int, list[list[int]]]]:
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            encodings = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            yield start, [encoding.ids for encoding in encodings]

    def _sum_into(self, vectors: np.ndarray, ids: list[list[int]]) -> None:
        """Add the token vectors of each text; the sum has the direction of the mean."""
        for vector, tokens in zip(vectors, ids, strict=True):
            if tokens:
                token_ids = np.asarray(tokens)
                rows = self._rows[self._mapping[token_ids]].astype(np.float32)
                np.dot(self._weights[token_ids], rows, out=vector)


class TransformerEmbedder:
    """Any model of sentence-transformers, by name or folder."""

    def __init__(self, name: str, dimension: int, model: object) -> None:
        self.name = name
        self.dimension = dimension
        self._model = model

    @classmethod
    def load(cls, model: str) -> "TransformerEmbedder":
        """Load by hub name or folder; raises ModelError or OptionalPackageMissing."""
        try:
            # Here, since this import alone takes more than ten seconds.
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise OptionalPackageMissing(
                f"embedding.model {model} needs sentence-transformers: "
                "pip install sentence-transformers."
            ) from error
        try:
            loaded = SentenceTransformer(model, device="cpu")
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"The embedding model {model} is neither a folder with a sentence-transformers "
                "model nor one that can be fetched by that name; correct embedding.model, or "
                "set it to default."
            ) from error
        return cls(model, int(loaded.get_embedding_dimension() or 0), loaded)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32, rows of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(  # type: ignore[attr-defined]
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)


def load_embedder(model: str) -> Embedder:
    """Return the shipped model for ``default``, else a sentence-transformers model."""
    if model == "default":
        return StaticEmbedder.load(DEFAULT_FOLDER)
    return TransformerEmbedder.load(model)


def embedder_name(model: str) -> str:
    """Return the name that ``load_embedder(model)`` will have, without loading it."""
    if model != "default":
        return model
    path = DEFAULT_FOLDER / "config.json"
    try:
        return _static_name(json.loads(path.read_text("utf-8")), DEFAULT_FOLDER)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is not readable; restore it from the repository.") from error


def _static_name(config: dict[str, str], folder: Path) -> str:
    return f"{config.get('name', folder.name)}@{config.get('version', '0')}"
