"""The vocabulary: words that occur, as a tokenizer that cuts both languages into them."""

import io
import math
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import ascii_lowercase, digits

import jieba
import sentencepiece
import zhconv
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from training.data import is_held_out, read_rows

UNKNOWN = "[UNK]"
_RUN = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]+")
_SOURCES = (
    ("parallel", ("en", "zh"), 150_000),
    ("sections", ("en_heading", "zh_heading", "en", "zh"), 20_000),
    ("qa_zh", ("q", "p"), None),
    ("qa_en", ("q", "p"), None),
    ("paraphrase_zh", ("q", "p"), None),
)
# A dictionary entry counts as this many occurrences: the dictionary is the only general-language
# file, and words of daily life must not fall out of a vocabulary counted on software manuals.
_DICTIONARY_WEIGHT = 2


def fold(character: str) -> str:
    """Return a character as the tokenizer sees it: lower case, no accent, simplified."""
    parts = unicodedata.normalize("NFKD", character)
    plain = "".join(part for part in parts if not unicodedata.combining(part)).casefold()
    return "".join(zhconv.convert(part, "zh-hans") for part in plain)


def folding_table() -> bytes:
    """Return ``fold`` as the compiled character map that ``tokenizers`` reads."""
    code_points = [*range(0x41, 0x5B), *range(0xA0, 0xAC00), *range(0xF900, 0xFFF0)]
    rules = []
    for character in map(chr, code_points):
        folded = fold(character)
        if folded and folded != character and not unicodedata.combining(character):
            rules.append(f"{_hex(character)}\t{_hex(folded)}\n")
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.writelines(rules)
        file.flush()
        # The model itself is thrown away: sentencepiece compiles a map only for a model.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e f g"] * 50),
            model_writer=model,
            vocab_size=12,
            model_type="char",
            normalization_rule_tsv=file.name,
            minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


def count_words(folder: Path, *, limit: int | None = None) -> Counter[str]:
    """Count Latin words, numbers and Chinese words (jieba's) in the training files."""
    folded: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in _training_texts(folder, limit):
        counts.update(_words(text, folded))
    for row in read_rows(folder, "dict", limit=limit):
        for field in ("en", "zh"):
            for word in _words(row[field], folded):
                counts[word] += _DICTIONARY_WEIGHT
    return counts


def choose_words(counts: Mapping[str, int], size: int, *, latin_share: float) -> dict[str, int]:
    """Return the ``size`` words to keep: every letter and digit, then the most frequent.

    ``latin_share`` of them are Latin words or numbers; single Chinese characters come before
    Chinese words, so that a word outside the vocabulary still has its characters.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    letters = {character: counts.get(character, 1) for character in ascii_lowercase + digits}
    latin = [(word, count) for word, count in ordered if word.isascii() and len(word) > 1]
    han = [(word, count) for word, count in ordered if not word.isascii()]
    characters = Counter({char: 1 for word, _ in han for char in word})
    for word, count in han:
        for char in word:
            characters[char] += count if len(word) == 1 else 0
    words = [(word, count) for word, count in han if len(word) > 1]
    wanted_latin = int(size * latin_share)
    kept = {**letters, **dict(latin[:wanted_latin]), **characters}
    kept.update(words[: max(0, size - len(kept))])
    return kept


def build_tokenizer(words: Mapping[str, int]) -> Tokenizer:
    """Return the tokenizer: the likeliest cut of each run into words (a unigram model)."""
    total = sum(words.values())
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    pieces = [(UNKNOWN, -30.0)]
    pieces += [(word, round(math.log(count / total), 3)) for word, count in ordered]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(folding_table())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_RUN.pattern), "removed", invert=True)
    return tokenizer


def _training_texts(folder: Path, limit: int | None) -> Iterator[str]:
    for name, fields, most in _SOURCES:
        previous = ""
        for row in read_rows(folder, name, limit=min(filter(None, (limit, most)), default=None)):
            if is_held_out(row["src"]):
                continue
            for field in fields:
                # Questions on one passage follow each other: count the passage once.
                if field != "p" or row[field] != previous:
                    yield row[field]
            previous = row.get("p", "")


def _words(text: str, folded: dict[str, str]) -> Iterator[str]:
    for character in set(text) - folded.keys():
        folded[character] = fold(character)
    for run in _RUN.findall("".join(map(folded.__getitem__, text))):
        if run.isascii():
            yield run
        else:
            yield from jieba.cut(run)


def _hex(characters: Iterable[str]) -> str:
    return " ".join(f"{ord(character):X}" for character in characters)
