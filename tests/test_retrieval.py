"""Passages ranked by words, by meaning and word by word across languages."""

from dataclasses import replace

import numpy as np
import pytest
from documents import Part, make_document
from generations import small_generation

from assistant import retrieval
from assistant.glossary import Glossary
from assistant.index.embedding import StaticEmbedder, load_embedder
from assistant.index.frequency import WordFrequency
from assistant.index.names import NameIndex
from assistant.index.outline import PassageOutline
from assistant.index.store import Generation, embedded_text
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.query import QueryParser
from assistant.retrieval import Retriever

TEXTS = (
    "网球比赛由多盘组成，选手每个单数局结束后交换场地。",
    "恒星的寿命取决于它的质量。",
    "陆军在1812年占领了这座城市，两年后撤离。",
    "食堂每天中午十一点开门，周末休息。",
    "实验室的服务器需要先申请账号。",
)


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    model = load_embedder("default")
    assert isinstance(model, StaticEmbedder)
    return model


@pytest.fixture(scope="module")
def generation(embedder: StaticEmbedder) -> Generation:
    pages = [
        make_document([Part(("页",), (("paragraph", text),))], source=f"{number}.rst", title="页")
        for number, text in enumerate(TEXTS)
    ]
    made = small_generation("retrieval", pages)
    texts = [embedded_text(passage) for passage in made.passages]
    return replace(
        made, vectors=VectorIndex.build(embedder.encode(texts)), words=PassageWords.build(embedder.token_ids(texts))
    )


@pytest.fixture(scope="module")
def parser(generation: Generation) -> QueryParser:
    frequency = WordFrequency.load()
    names = NameIndex(generation.lexical.vocabulary, frequency)
    return QueryParser(generation.lexical, frequency, TermTranslator.load(), names, Glossary.load())


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("When did the army occupy the city?", 2),
        ("When do tennis players change sides?", 0),
        ("What does the lifetime of a star depend on?", 1),
        ("When does the canteen open?", 3),
        ("恒星能活多久？", 1),
        ("谁占领了城市？", 2),
    ],
)
def test_the_passage_that_answers_comes_first(
    generation: Generation, embedder: StaticEmbedder, parser: QueryParser, question: str, number: int
):
    hits = Retriever(generation, embedder).search(question, parser.parse(question), limit=3)
    assert hits[0].passage.place.source == f"{number}.rst"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_the_passages_asked_for_are_ranked(
    generation: Generation, embedder: StaticEmbedder, parser: QueryParser
):
    question = "When did the army occupy the city?"
    hits = Retriever(generation, embedder).rank(question, parser.parse(question), (0, 4), limit=5)
    assert sorted(hit.passage.place.source for hit in hits) == ["0.rst", "4.rst"]


def test_a_model_without_words_ranks_by_the_rest(
    generation: Generation, embedder: StaticEmbedder, parser: QueryParser
):
    wordless = replace(generation, words=PassageWords.build([np.zeros(0, np.int32) for _ in generation.passages]))
    question = "恒星的质量"
    hits = Retriever(wordless, embedder).search(question, parser.parse(question), limit=1)
    assert hits[0].passage.place.source == "1.rst"
    assert 0 < hits[0].score <= 1


def test_an_unpublished_twin_stands_behind(generation: Generation, embedder: StaticEmbedder, parser: QueryParser):
    published = generation.passages[1]
    orphan = replace(published, places=(replace(published.place, source="orphan.rst", status="orphan"),))
    words = PassageWords.build(embedder.token_ids([embedded_text(p) for p in (orphan, *generation.passages[1:])]))
    vectors = generation.vectors.vectors(np.array([1, 1, 2, 3, 4]))
    twins = replace(
        generation, passages=(orphan, *generation.passages[1:]), words=words, vectors=VectorIndex.build(vectors),
        outline=PassageOutline.build((), (orphan, *generation.passages[1:]), ()),
    )
    hits = Retriever(twins, embedder).rank("恒星", parser.parse("恒星"), (0, 1), limit=2)
    assert [hit.passage.place.status for hit in hits] == ["published", "orphan"]


def test_passages_that_contain_a_word_are_found(generation: Generation, embedder: StaticEmbedder):
    assert Retriever(generation, embedder).containing("恒星", limit=5) == (1,)


def test_of_very_many_passages_those_with_the_words_are_ranked(
    generation: Generation, embedder: StaticEmbedder, parser: QueryParser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retrieval, "_MOST_RANKED", 2)
    retriever, every = Retriever(generation, embedder), range(5)
    hits = retriever.rank("恒星的质量", parser.parse("恒星的质量"), every, limit=5)
    assert hits[0].passage.place.source == "1.rst" and len(hits) <= 2
    nowhere = retriever.rank("无关", (), every, limit=5)
    assert sorted(hit.passage.place.source for hit in nowhere) == ["0.rst", "1.rst"]


def test_of_very_many_passages_with_a_word_those_most_about_it_are_found(embedder: StaticEmbedder):
    texts = ("这里介绍一种编译器和它的用法，以及怎样安装。", "编译器，编译器，还是编译器。", "食堂每天开门。")
    pages = [
        make_document([Part(("页",), (("paragraph", text),))], source=f"{number}.rst", title="页")
        for number, text in enumerate(texts)
    ]
    retriever = Retriever(small_generation("containing", pages), embedder)
    assert retriever.containing("编译器", limit=2) == (0, 1)
    assert retriever.containing("编译器", limit=1) == (1,)
