"""The word lists that verifying a reply needs."""

import re
from functools import lru_cache
from pathlib import Path

import yaml


@lru_cache(maxsize=1)
def glue() -> frozenset[str]:
    """Return the folded words that only join what quotes say."""
    return frozenset(word for listed in _lists()["glue"].values() for word in listed.split())


@lru_cache(maxsize=1)
def same_meaning() -> dict[str, tuple[str, ...]]:
    """Return for a folded word those that mean the same, itself among them."""
    lines = [tuple(line.split()) for line in _lists()["same"]]
    return {word: line for line in lines for word in line}


@lru_cache(maxsize=1)
def denial() -> re.Pattern[str]:
    """Return the pattern of words that deny or end something."""
    return re.compile("".join(_lists()["denial"].split()).replace("·", " "), re.IGNORECASE)


@lru_cache(maxsize=1)
def orders() -> re.Pattern[str]:
    """Return the pattern of sentences that speak to a language model."""
    return re.compile("|".join(_lists()["orders"].splitlines()), re.IGNORECASE)


@lru_cache(maxsize=1)
def titles() -> re.Pattern[str]:
    """Return the pattern of a Chinese surname, group 1, before a title."""
    return re.compile(rf"([\u4e00-\u9fff])(?:{_lists()['titles']})")


@lru_cache(maxsize=1)
def _lists() -> dict:
    return yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
