"""The term-translation table: IBM model 1 over search tokens, in both directions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from assistant.index.linetable import table_lines
from assistant.text import tokenize
from training.data import TextPair, read_pairs, read_sections
from training.senses import Senses

# Long sentences align badly and cost the square of their length.
_MAX_EN, _MAX_ZH = 24, 32
_MAX_GLOSS = 6
_DICTIONARY_WEIGHT = 3.0
_ITERATIONS = 5
_NULL = 2e-4  # what explains a token no word translates
_FORWARD = 0.75  # the score is forward**a * backward**(1 - a)
_FEWEST = 0.5  # expected occurrences of a translation
_PER_TERM = 4
_SMALLEST = 0.06  # against the term's best translation


@dataclass(frozen=True)
class TokenPairs:
    """Sentence pairs as token numbers, each token once a sentence."""

    vocabularies: tuple[list[str], list[str]]  # English, Chinese
    tokens: tuple[np.ndarray, np.ndarray]  # int32, sentences end to end
    lengths: tuple[np.ndarray, np.ndarray]  # (sentences,)
    weights: np.ndarray  # (sentences,) float32


@dataclass(frozen=True)
class Links:
    """How likely tokens translate each other; arrays run in parallel."""

    english: np.ndarray
    chinese: np.ndarray
    forward: np.ndarray  # p(chinese | english)
    backward: np.ndarray  # p(english | chinese)
    count: np.ndarray  # expected co-occurrences, the larger of both directions


def read_token_pairs(folder: Path, *, limit: int | None = None) -> TokenPairs:
    """Tokenise dictionary, headings and sentence pairs of the sources not held out."""
    numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
    tokens: tuple[list[int], list[int]] = ([], [])
    lengths: tuple[list[int], list[int]] = ([], [])
    weights: list[float] = []
    for pair, weight in _weighted_pairs(folder, limit):
        sides = tuple(list(dict.fromkeys(tokenize(text))) for text in (pair.left, pair.right))
        if not _is_short(len(sides[0]), len(sides[1]), weight):
            continue
        weights.append(weight)
        for side in (0, 1):
            known = numbers[side]
            tokens[side].extend(known.setdefault(token, len(known)) for token in sides[side])
            lengths[side].append(len(sides[side]))
    return TokenPairs(
        (list(numbers[0]), list(numbers[1])),
        (np.array(tokens[0], np.int32), np.array(tokens[1], np.int32)),
        (np.array(lengths[0]), np.array(lengths[1])),
        np.array(weights, np.float32),
    )


def _weighted_pairs(folder: Path, limit: int | None) -> Iterator[tuple[TextPair, float]]:
    for pair in read_pairs(folder, "dict", "en", "zh", held_out=False, limit=limit):
        yield pair, _DICTIONARY_WEIGHT
    seen: set[tuple[str, str]] = set()
    for row in read_sections(folder, held_out=False, limit=limit):
        headings = [row.headings[language].split(" > ") for language in ("en", "zh")]
        if len(headings[0]) == len(headings[1]):
            for pair in zip(*headings, strict=True):
                if all(pair) and pair not in seen:
                    seen.add(pair)
                    yield TextPair(row.source, *pair), 1.0
    for pair in read_pairs(folder, "parallel", "en", "zh", held_out=False, limit=limit):
        yield pair, 1.0


def _is_short(english: int, chinese: int, weight: float) -> bool:
    most = _MAX_GLOSS if weight == _DICTIONARY_WEIGHT else _MAX_EN
    return 0 < english <= most and 0 < chinese <= _MAX_ZH


def learn_links(pairs: TokenPairs) -> Links:
    """Return the links that model 1 finds (Brown et al., 1993), each direction on its own."""
    english, chinese, sentence, weight = _all_links(pairs)
    width = max(map(len, pairs.vocabularies))
    keys, entry = np.unique(english.astype(np.int64) * width + chinese, return_inverse=True)
    ends = ((keys // width).astype(np.int32), (keys % width).astype(np.int32))
    found = []
    for given, explained in ((0, chinese), (1, english)):
        order = np.argsort(sentence.astype(np.int64) * width + explained, kind="stable")
        key = sentence[order].astype(np.int64) * width + explained[order]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        found.append(_expectation_maximisation(entry[order], weight[order], starts, ends[given]))
    (forward, forward_count), (backward, backward_count) = found
    return Links(*ends, forward, backward, np.maximum(forward_count, backward_count))


def _all_links(pairs: TokenPairs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return every (English token, Chinese token, sentence, weight) that occurs together."""
    english, chinese = pairs.lengths
    starts = [np.cumsum(lengths) - lengths for lengths in pairs.lengths]
    products = english * chinese
    sentence = np.repeat(np.arange(len(products)), products)
    within = np.arange(products.sum()) - np.repeat(np.cumsum(products) - products, products)
    return (
        pairs.tokens[0][starts[0][sentence] + within // chinese[sentence]],
        pairs.tokens[1][starts[1][sentence] + within % chinese[sentence]],
        sentence.astype(np.int32),
        pairs.weights[sentence],
    )


def _expectation_maximisation(
    entry: np.ndarray, weight: np.ndarray, starts: np.ndarray, given: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return p(other | given) and the expected count of each distinct link.

    ``entry``: the distinct link of each occurrence, occurrences of one explained token in one
    sentence side by side, beginning at ``starts``.
    """
    size = len(given)
    lengths = np.diff(np.append(starts, len(entry)))
    counts = np.bincount(entry, weights=weight, minlength=size)
    for _ in range(_ITERATIONS):
        share = _chances(counts, given)[entry]
        share *= weight / np.repeat(np.add.reduceat(share, starts) + _NULL, lengths)
        counts = np.bincount(entry, weights=share, minlength=size)
    return _chances(counts, given), counts


def _chances(counts: np.ndarray, given: np.ndarray) -> np.ndarray:
    totals = np.bincount(given, weights=counts)
    return (counts / np.maximum(totals[given], 1e-9)).astype(np.float32)


def best_translations(links: Links, *, to_chinese: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (term, translation, weight) arrays, terms ascending, best translation first.

    Weights are in 0…1, the best of each term 1.
    """
    ends = (links.english, links.chinese) if to_chinese else (links.chinese, links.english)
    chances = (links.forward, links.backward) if to_chinese else (links.backward, links.forward)
    score = chances[0] ** _FORWARD * chances[1] ** (1 - _FORWARD)
    kept = np.flatnonzero((score > 1e-4) & (links.count >= _FEWEST))
    order = kept[np.lexsort((ends[1][kept], -score[kept], ends[0][kept]))]
    term = ends[0][order]
    starts = np.flatnonzero(np.diff(term, prepend=-1))
    lengths = np.diff(np.append(starts, len(term)))
    place = np.arange(len(term)) - np.repeat(starts, lengths)
    weight = score[order] / np.repeat(score[order][starts], lengths)
    chosen = (place < _PER_TERM) & (weight >= _SMALLEST)
    return term[chosen], ends[1][order][chosen], weight[chosen]


def write_table(folder: Path, pairs: TokenPairs, links: Links, senses: tuple[Senses, Senses]) -> int:
    """Write what ``assistant.index.translation`` opens; returns the number of translations.

    ``senses``: of English terms, then of Chinese ones.
    """
    learned = (_learned(pairs, links, to_chinese=True), _learned(pairs, links, to_chinese=False))
    write_terms(folder, learned, senses)
    return sum(len(found) for side in learned for found in side.values())


def write_terms(folder: Path, learned: tuple[Senses, Senses], senses: tuple[Senses, Senses]) -> None:
    """Write the terms of both languages, sorted, and the links between them."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [_words_of(side, learned, senses) for side in (0, 1)]
    tensors: dict[str, np.ndarray] = {}
    for side, name in enumerate(("english", "chinese")):
        (folder / f"{name}.txt").write_bytes(table_lines(dict.fromkeys(words[side], "")))
        for kind, links in ((name, learned[side]), (f"{name}_senses", senses[side])):
            tensors |= _tensors(kind, links, words[side], words[1 - side])
    save_file(tensors, folder / "links.safetensors")


def _learned(pairs: TokenPairs, links: Links, *, to_chinese: bool) -> Senses:
    table = _speakable(best_translations(links, to_chinese=to_chinese), pairs.vocabularies, to_chinese)
    own, other = pairs.vocabularies if to_chinese else pairs.vocabularies[::-1]
    found: dict[str, list[tuple[str, float]]] = {}
    for term, target, weight in zip(*(column.tolist() for column in table), strict=True):
        found.setdefault(own[term], []).append((other[target], weight))
    return found


def _words_of(side: int, *tables: tuple[Senses, Senses]) -> list[str]:
    """Return every term of one language, in the order of a LineTable."""
    own = {word for table in tables for word in table[side]}
    meant = {word for table in tables for found in table[1 - side].values() for word, _ in found}
    return sorted(own | meant, key=str.encode)


def _tensors(name: str, links: Senses, words: list[str], others: list[str]) -> dict[str, np.ndarray]:
    """Return starts (one for each of ``words`` and an end), entries and weights."""
    numbers = {word: number for number, word in enumerate(others)}
    listed = [links.get(word, ()) for word in words]
    return {
        f"{name}_starts": np.cumsum([0, *map(len, listed)]).astype(np.int32),
        f"{name}_entries": np.array([numbers[word] for found in listed for word, _ in found], np.int32),
        f"{name}_weights": np.rint([255 * weight for found in listed for _, weight in found]).astype(np.uint8),
    }


def _speakable(
    table: tuple[np.ndarray, np.ndarray, np.ndarray],
    vocabularies: tuple[list[str], list[str]],
    to_chinese: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop identifiers and everything that is not from one language into the other."""
    english = np.array([_is_english_word(token) for token in vocabularies[0]])
    chinese = np.array([_is_chinese_word(token) for token in vocabularies[1]])
    term, target, weight = table
    sides = (english, chinese) if to_chinese else (chinese, english)
    kept = sides[0][term] & sides[1][target]
    return term[kept], target[kept], weight[kept]


def _is_english_word(token: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9.+#'-]{0,23}", token) is not None


def _is_chinese_word(token: str) -> bool:
    return re.fullmatch(r"[\u3400-\u4dbf\u4e00-\u9fff]{1,8}", token) is not None
