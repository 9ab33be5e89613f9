"""Lists of tokens in little memory."""

import pytest

from assistant.index.tokens import TokenLists

LISTS = [["编译", "gpu", "编译"], [], ["gpu"], ["论文", "gpu"], []]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_lists_are_what_they_were_however_they_are_joined(size: int):
    joined = TokenLists.joined(TokenLists.of(LISTS[first : first + size]) for first in range(0, 5, size))
    assert list(joined) == joined[:] == LISTS and len(joined) == 5
    assert joined[-2] == ["论文", "gpu"] and joined.vocabulary == ("编译", "gpu", "论文")
    with pytest.raises(IndexError):
        joined[5]


def test_no_lists_are_no_tokens():
    assert list(TokenLists.joined(())) == list(TokenLists.of([])) == []
