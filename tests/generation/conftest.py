"""A parser over the quotes of test cases, without an index."""

from collections.abc import Callable, Sequence

import pytest

from assistant.generation.verifying import Verifier
from assistant.glossary import Glossary
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.translation import TermTranslator
from assistant.query import QueryParser
from assistant.text import tokenize


@pytest.fixture(scope="session")
def parser_of() -> Callable[[Sequence[str]], QueryParser]:
    """Makes a parser that knows the vocabulary of some texts."""
    frequency, translator, glossary = WordFrequency.load(), TermTranslator.load(), Glossary.load()

    def make(texts: Sequence[str]) -> QueryParser:
        lexical = LexicalIndex.build([tokenize(text) for text in texts])
        names = NameIndex(lexical.vocabulary, frequency)
        return QueryParser(lexical, frequency, translator, names, glossary)

    return make


@pytest.fixture(scope="session")
def verifier_of(parser_of: Callable[[Sequence[str]], QueryParser]) -> Callable[[Sequence[str]], Verifier]:
    """Makes a verifier that knows the vocabulary of some texts."""
    return lambda texts: Verifier(parser_of(texts))
