"""A citation's address names the quoted words, so that a browser can mark them."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Citation, Place
from assistant.server.fragments import citation_url, text_fragment


def cited(url: str, quote: str) -> Citation:
    return Citation(1, "p", quote, Place("a.md", "A", ("A",), "", 1, 0, 1, url, "published"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://lab.cn/a.html#id2", "https://lab.cn/a.html#id2:~:text=%E6%8B%9B%E7%94%9F"),
        ("https://lab.cn/a.html", "https://lab.cn/a.html#:~:text=%E6%8B%9B%E7%94%9F"),
        ("https://lab.cn/people/", "https://lab.cn/people/#:~:text=%E6%8B%9B%E7%94%9F"),
        ("https://lab.cn/a.pdf#page=2", "https://lab.cn/a.pdf#page=2"),
        ("https://lab.cn/_downloads/x/a.xlsx", "https://lab.cn/_downloads/x/a.xlsx"),
        ("", ""),
    ],
)
def test_only_web_pages_have_text_fragments(url: str, expected: str):
    assert citation_url(cited(url, "招生")) == expected


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [
        ("Two seats", ["Two seats"]),
        ("ECCV\tFisheye-GS: a module", ["Fisheye-GS: a module"]),
        ("第一段。\n\n第二段更长一些。", ["第二段更长一些。"]),
        (
            "本组面向全球长期招收博士研究生和博士后，请把简历发到实验室的邮箱里面去，我们会在一周之内尽快回复每一封来信，欢迎报名。",
            ["本组面向全球长期招收博士研究生和博士后", "我们会在一周之内尽快回复每一封来信"],
        ),
        (
            "We hire two postdocs every year, and students may apply at any time. Please write to us early.",
            ["We hire two postdocs every year", "Please write to us early"],
        ),
        ("a" * 200, ["a" * 80]),
        ("", [""]),
    ],
)
def test_a_fragment_is_how_the_quote_begins_and_ends(quoted: str, expected: list[str]):
    assert [unquote(part) for part in text_fragment(quoted).split(",")][: len(expected)] == expected


@given(st.text())
def test_any_quote_gives_words_of_its_own_in_plain_ascii(quoted: str):
    fragment = text_fragment(quoted)
    assert fragment.isascii() and not set(fragment) & set("-& #\n")
    for part in fragment.split(","):
        assert unquote(part) in quoted
