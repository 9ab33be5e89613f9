"""Text → token numbers: alone as in a batch, and as the package itself cuts it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from assistant.index.embedding import DEFAULT_FOLDER
from assistant.index.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parents[2]
ODD = ["", "😀 …", "機器學習 ＧＰＵ", "哈哈哈哈", "龘龘abc龘", "中𠀀字", "a" * 500, "中" * 500, "1234567890" * 9, "é Ł ﬁ"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    files = [path for path in sorted((ROOT / "corpus").rglob("*.*")) if path.suffix in (".rst", ".md")]
    lines = {line for path in files for line in path.read_text("utf-8").splitlines()}
    return ODD + sorted(lines)


def test_a_text_alone_is_cut_as_by_the_whole_model(texts: list[str]):
    whole = Tokenizer.from_file(str(DEFAULT_FOLDER / "tokenizer.json"))
    expected = [whole.encode(text, add_special_tokens=False).ids for text in texts]
    alone = Vocabulary.load(DEFAULT_FOLDER)
    assert [next(alone.token_ids([text])) for text in texts] == expected
    assert list(alone.token_ids(texts * 9)) == expected * 9
    assert alone._whole is not None


def test_the_tokens_of_the_parts_of_a_text_are_told_from_those_of_the_whole(texts: list[str]):
    vocabulary = Vocabulary.load(DEFAULT_FOLDER)
    alone = [np.asarray(ids, np.int32) for ids in vocabulary.token_ids(texts)]
    parted = 0
    for first in range(0, len(texts), 5):
        parts, own = texts[first : first + 5], alone[first : first + 5]
        found = vocabulary.parted(parts, np.concatenate(own))
        unknown = any((ids == 0).any() for ids in own)
        assert (found is None) == unknown or not sum(map(len, own))
        parted += found is not None
        assert found is None or all(map(np.array_equal, found, own))
        assert found is None or vocabulary.parted(parts[1:], np.concatenate(own)) is None or not len(own[0])
    assert parted > 20
    whole = Tokenizer.from_file(str(DEFAULT_FOLDER / "tokenizer.json"))
    assert vocabulary._words.sizes().tolist() == [len(whole.id_to_token(n)) for n in range(len(vocabulary))]


def test_few_texts_need_no_whole_model():
    vocabulary = Vocabulary.load(DEFAULT_FOLDER)
    assert next(vocabulary.token_ids(["编译器 compiler"])) and vocabulary._whole is None
    assert len(list(vocabulary.token_ids(["编译器 compiler"] * 9999))) == 9999
    assert vocabulary._whole is not None


def test_a_missing_file_is_told_before_it_is_needed(tmp_path: Path):
    for name in ("vocabulary.txt", "vocabulary.json"):
        shutil.copy(DEFAULT_FOLDER / name, tmp_path)
    with pytest.raises(OSError, match=r"tokenizer\.json"):
        Vocabulary.load(tmp_path)


def test_the_shipped_words_are_those_of_the_tokenizer():
    whole = Tokenizer.from_file(str(DEFAULT_FOLDER / "tokenizer.json"))
    vocabulary = Vocabulary.load(DEFAULT_FOLDER)
    told = {word: vocabulary._words.get(word).split()[0] for word in whole.get_vocab()}
    assert told == {word: str(number) for word, number in whole.get_vocab().items()}
    assert len(vocabulary) == whole.get_vocab_size()
