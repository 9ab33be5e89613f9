"""How a reply is cut into sentences, in whatever pieces it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generation.reply import ReplyReader, Sentence

REPLIES = {
    "markers before the stop": ("A leads the team [1]. B helps [2].", [("A leads the team.", (1,)), ("B helps.", (2,))]),
    "markers after the stop": ("A leads the team. [1] B helps. [2]", [("A leads the team.", (1,)), ("B helps.", (2,))]),
    "Chinese": ("甲负责[1]。乙协助【2】。", [("甲负责。", (1,)), ("乙协助。", (2,))]),
    "several": ("A leads [1][3]. B helps [1, 2]. C too [1-3].", [("A leads.", (1, 3)), ("B helps.", (1, 2)), ("C too.", (1, 2, 3))]),
    "a footnote": ("A leads [^1].", [("A leads.", (1,))]),
    "no marker": ("A leads. B helps [2].", [("A leads.", ()), ("B helps.", (2,))]),
    "a list": ("They are:\n- A [1]\n- B [2]\n", [("They are:", ()), ("A", (1,)), ("B", (2,))]),
    "a numbered list": ("1. A leads [1]\n2. B helps [2]", [("A leads", (1,)), ("B helps", (2,))]),
    "a semicolon": ("A leads; B helps [1].", [("A leads; B helps.", (1,))]),
    "decimals and addresses": ("It is 3.06x at a.b@c.cn [1].", [("It is 3.06x at a.b@c.cn.", (1,))]),
    "thinking aloud": ("<think>A lies [1]. B too [1].</think>\nA leads [1].", [("A leads.", (1,))]),
    "thinking without end": ("<think>A lies [1]. B too [1].", []),
    "nothing": ("", []),
    "only markers": ("[1][2]", [("", (1, 2))]),
}  # fmt: skip


def told(sentences: list[Sentence]) -> list[tuple[str, tuple[int, ...]]]:
    return [(sentence.text, sentence.cites) for sentence in sentences]


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_same_sentences_come_in_pieces_of_any_size(name, size):
    text, expected = REPLIES[name]
    reader = ReplyReader()
    found = [s for start in range(0, len(text), size) for s in reader.feed(text[start : start + size])]
    assert told([*found, *reader.finish(is_whole=True)]) == expected


@given(st.text(alphabet="ab. 。[]12\n;<>", max_size=80), st.integers(1, 9))
def test_pieces_give_what_the_whole_gives(text, size):
    whole, pieces = ReplyReader(), ReplyReader()
    expected = [*whole.feed(text), *whole.finish(is_whole=True)]
    found = [s for start in range(0, len(text), size) for s in pieces.feed(text[start : start + size])]
    assert [*found, *pieces.finish(is_whole=True)] == expected


def test_a_sentence_is_given_as_soon_as_the_next_begins():
    reader = ReplyReader()
    assert told(list(reader.feed("A leads. "))) == []
    assert told(list(reader.feed("[1] "))) == []
    assert told(list(reader.feed("B"))) == [("A leads.", (1,))]


def test_the_torn_end_of_a_cut_reply_is_not_given():
    reader = ReplyReader()
    given_ = [*reader.feed("A leads [1]. B hel"), *reader.finish(is_whole=False)]
    assert told(given_) == [("A leads.", (1,))]
