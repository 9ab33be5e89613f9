"""Text to unit vectors: the shipped static model, or any sentence-transformers model."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors import SafetensorError

from assistant.errors import ModelError, OptionalPackageMissing
from assistant.index.likeness import SIGNALS, signals
from assistant.index.tensors import map_tensors
from assistant.index.vocabulary import Vocabulary

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "model"

_ONE_THREAD = 250_000  # multiplications of one product; OpenBLAS takes a second thread at 262,144
_TEXTS_KEPT = 64  # that came alone


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    @property
    def name(self) -> str:
        """What the index manifest records: another name means another index."""

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def warm_up(self) -> None:
        """Load what makes many texts faster, for a process that stays."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32, rows of unit length or zero."""

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return what ``encode`` and ``token_ids`` return, each text cut once."""

    def encode_parts(self, texts: Sequence[str], before: str, tokens: np.ndarray) -> np.ndarray:
        """Return what ``encode(texts)`` returns; ``tokens``: of a text that is ``before`` and then ``texts``."""

    def token_ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the token numbers of each text; none where tokens have no vectors of their own."""

    def likeness(self, text: str, token_lists: Sequence[np.ndarray]) -> np.ndarray:
        """Return ``likeness.SIGNALS`` of each list of tokens, (lists, 7) float32; zeros of a list without any."""


class StaticEmbedder:
    """The mean of one learned vector a token: model2vec's layout, read without torch.

    ``rows``: (n, dimension) int8, not read into memory before they are needed; token ``t`` has the vector
    ``rows[mapping[t]] * weights[t]``. sentence-transformers' ``StaticEmbedding`` reads the same
    folder and gives the same vectors, twenty times slower to start.
    """

    def __init__(
        self,
        name: str,
        vocabulary: Vocabulary,
        rows: np.ndarray,
        mapping: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.name = name
        self.dimension = int(rows.shape[1])
        self._vocabulary = vocabulary
        self._rows = rows
        self._mapping = mapping
        self._weights = weights
        self._lengths = np.zeros(len(rows), np.float32)  # of the rows, each measured when first compared
        # Each part of answering a question asks for its vector.
        self._alone = lru_cache(maxsize=_TEXTS_KEPT)(lambda text: self._vectors(vocabulary.token_ids([text]), 1)[0])

    @classmethod
    def load(cls, folder: Path) -> "StaticEmbedder":
        """Open the vocabulary and ``model.safetensors``; raises ModelError."""
        try:
            vocabulary = Vocabulary.load(folder)
            tensors = map_tensors(folder / "model.safetensors")
            config = json.loads((folder / "config.json").read_text("utf-8"))
            rows, mapping, weights = (tensors[name] for name in ("embeddings", "mapping", "weights"))
            if not len(vocabulary) == len(mapping) == len(weights):
                raise ValueError(f"{len(vocabulary)} words, {len(mapping)} rows")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise ModelError(
                f"The embedding model in {folder} does not load ({error}); "
                "restore that folder from the repository or name another embedding.model."
            ) from error
        return cls(_static_name(config, folder), vocabulary, rows, mapping, weights)

    def warm_up(self) -> None:
        """Hold the whole vocabulary: 80 MB."""
        self._vocabulary.hold()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32; a text without known tokens is all zeros."""
        if len(texts) == 1:
            return self._alone(texts[0])[None].copy()
        return self._vectors(self._vocabulary.token_ids(texts), len(texts))

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return what ``encode`` and ``token_ids`` return, each text cut once."""
        tokens = self.token_ids(texts)
        return self._vectors(tokens, len(texts)), tokens

    def encode_parts(self, texts: Sequence[str], before: str, tokens: np.ndarray) -> np.ndarray:
        """Return what ``encode(texts)`` returns, without cutting them where ``tokens`` tell."""
        known = self._vocabulary.parted((before, *texts), tokens)
        return self.encode(texts) if known is None else self._vectors(known[1:], len(texts))

    def encode_tokens(self, token_lists: Sequence[np.ndarray]) -> np.ndarray:
        """Return what ``encode`` returns of texts with these tokens."""
        return self._vectors(token_lists, len(token_lists))

    def _vectors(self, token_lists: Iterable[Sequence[int]], count: int) -> np.ndarray:
        vectors = np.zeros((count, self.dimension), np.float32)
        for vector, tokens in zip(vectors, token_lists, strict=True):
            if len(tokens):
                numbers = np.asarray(tokens)
                rows = self._rows.take(self._mapping[numbers], axis=0).astype(np.float32)
                np.dot(self._weights[numbers], rows, out=vector)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def token_ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the token numbers of each text, in its order."""
        return [np.asarray(ids, np.int32) for ids in self._vocabulary.token_ids(texts)]

    def likeness(self, text: str, token_lists: Sequence[np.ndarray]) -> np.ndarray:
        """Return how each passage compares with ``text`` word by word, zeros where one has no tokens.

        A model of one vector a token learns to make telling tokens long, hence the squared length
        as the weight of a token.
        """
        asked = np.unique(self.token_ids([text])[0])
        found = np.zeros((len(token_lists), len(SIGNALS)), np.float32)
        filled = [number for number, tokens in enumerate(token_lists) if len(tokens)]
        if len(asked) and filled:
            lists = [token_lists[number] for number in filled]
            tokens = np.concatenate(lists)
            present = np.zeros(len(self._mapping), bool)
            present[tokens] = True
            distinct = np.flatnonzero(present)
            places = np.empty(len(self._mapping), np.int32)
            places[distinct] = np.arange(len(distinct), dtype=np.int32)
            cosines, *weights = self._cosines(asked, distinct)
            found[filled] = signals(cosines, places.take(tokens), list(map(len, lists)), *weights)
        return found

    def _cosines(self, asked: np.ndarray, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (asked, tokens) cosines, the shares of ``asked`` in their whole, the weights of ``tokens``."""
        rows, lengths = self._measured(asked)
        slice_size = max(1, _ONE_THREAD // rows.size)
        others, other_lengths = self._measured(tokens, whole=slice_size)
        cosines = _products(rows / lengths[:, None], others, slice_size)[:, : len(tokens)] / other_lengths
        weights, other_weights = (self._weights[asked] * lengths) ** 2, (self._weights[tokens] * other_lengths) ** 2
        return cosines, weights / max(float(weights.sum()), 1e-9), other_weights

    def _measured(self, tokens: np.ndarray, *, whole: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of ``tokens``, zeros up to a multiple of ``whole``, and their lengths, none 0."""
        numbers = self._mapping[tokens]
        vectors = np.empty((-(-len(tokens) // whole) * whole, self.dimension), np.float32)
        vectors[: len(tokens)] = self._rows.take(numbers, axis=0)
        vectors[len(tokens) :] = 0
        lengths = self._lengths[numbers]
        new = np.flatnonzero(lengths == 0)
        if len(new):
            some = vectors[new]
            lengths[new] = np.maximum(np.sqrt(np.einsum("ij,ij->i", some, some)), 1e-6)
            self._lengths[numbers[new]] = lengths[new]
        return vectors, lengths


def _products(some: np.ndarray, others: np.ndarray, slice_size: int) -> np.ndarray:
    """Return ``some @ others.T`` in slices too small for OpenBLAS to share among threads.

    With other work on the machine its threads wait for each other longer than they compute.
    """
    slices = others.reshape(-1, slice_size, others.shape[1]) @ some.T
    return slices.reshape(len(others), -1).T.copy()


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

    def warm_up(self) -> None:
        """Do nothing: the whole model was loaded."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return ``(len(texts), dimension)`` float32, rows of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(  # type: ignore[attr-defined]
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    def encode_parts(self, texts: Sequence[str], before: str, tokens: np.ndarray) -> np.ndarray:
        """Return ``encode(texts)``."""
        return self.encode(texts)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return what ``encode`` and ``token_ids`` return."""
        return self.encode(texts), self.token_ids(texts)

    def token_ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return no tokens: a transformer's depend on the text around them."""
        return [np.zeros(0, np.int32) for _ in texts]

    def likeness(self, text: str, token_lists: Sequence[np.ndarray]) -> np.ndarray:
        """Return zeros."""
        return np.zeros((len(token_lists), len(SIGNALS)), np.float32)


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
