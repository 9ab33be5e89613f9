"""The only wiring: documents to an index generation, and a generation to an Assistant."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from assistant.answering.answerer import Answerer
from assistant.answering.understanding import compile_patterns
from assistant.chunking import collapse
from assistant.cores import no_cycles_collected
from assistant.errors import CorpusError, IndexDamaged, IndexMissing, SettingsError
from assistant.glossary import Glossary
from assistant.index import store
from assistant.index.conflicts import told_once
from assistant.index.embedding import Embedder, embedder_name, load_embedder
from assistant.index.frequency import WordFrequency
from assistant.index.grouping import group_texts
from assistant.index.keeping import GenerationStore, open_store, opened_store
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.outline import PassageOutline
from assistant.index.records import build_records, stated_names
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.query import QueryParser
from assistant.questions import LONGEST_QUESTION, checked_question
from assistant.readers.corpus import Corpus, digest_corpus, read_corpus
from assistant.readers.listing import Skipped
from assistant.schema import Answer, Conflict, Hit, Language, Passage, Question, Record, Warning
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.crew import Crew
    from assistant.generation.writer import Writer
    from assistant.index.parts import Progress
    from assistant.recalling import AnswerMemory, CacheUse

_SMOKE_QUESTIONS = 6  # of the examples, about how many a new index is asked before it is served
_LONGEST_BUILD_S = 3600.0
_FIRST_QUESTIONS = (
    "Does Prof. Zhang Wei of Xinghuadao answer?",  # names that need every table of names
    "请问有哪些老师在做什么研究？怎么申请，还有多少名额，邮箱是什么，什么时候截止？",  # what questions are made of
)
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z0-9]+(?:-[A-Z][A-Za-z0-9]+)*")
_EXAMPLES = 4
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class BuildSummary:
    """What a build read and wrote."""

    generation: str
    files: int
    published: int
    orphans: int
    placeholders: int
    passages: int
    records: int
    seconds: float
    documents: tuple[tuple[str, str], ...]  # (source, status)
    skipped: tuple[Skipped, ...]
    warnings: tuple[Warning, ...]
    conflicts: tuple[tuple[Record, Conflict], ...]  # each pair of rows once, the published one first


class Assistant:
    """Answers questions over one index generation; safe to share between threads."""

    def __init__(
        self,
        generation: store.Generation,
        answerer: Answerer,
        embedder: Embedder,
        *,
        writer: "Writer | None" = None,
        memory: "AnswerMemory | None" = None,
    ) -> None:
        self._generation = generation
        self._answerer = answerer
        self._cache = memory.cache_of(answerer.answer) if memory is not None else None
        self._answer = self._cache or answerer.answer
        self._embedder = embedder
        self._writer = writer

    @property
    def generation(self) -> str:
        """The name of the index generation that answers."""
        return self._generation.manifest.generation

    @property
    def passage_count(self) -> int:
        """How many passages are indexed."""
        return len(self._generation.passages)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        language: Literal["auto", "zh", "en"] = "auto",
        on_draft: Callable[[Answer], None] = lambda draft: None,
    ) -> Answer:
        """Answer ``question``; ``history`` are earlier questions, oldest first.

        Where a language model words the answer, ``on_draft`` is told it as far as it is verified,
        each time by a sentence longer; where its reply then fails, what is returned is the
        extractive answer. Raises QuestionError where the question is empty, too long or not text.
        """
        answer = self._answer(checked_question(question, history, language))
        return self._writer.write(answer, on_draft=on_draft) if self._writer is not None else answer

    def extract(self, question: str) -> Answer:
        """Answer with quotes alone, even where a language model is set; for no visitor. Raises QuestionError."""
        return self._answerer.answer(checked_question(question, (), "auto"))

    def warm_up(self) -> None:
        """Load what the first questions would otherwise wait for: word lists, names in pinyin."""
        self._embedder.warm_up()
        compile_patterns()
        for question in _FIRST_QUESTIONS:
            self.extract(question)

    def grouped(self, questions: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return distinct ``questions`` in groups of one subject, each led by its most typical one."""
        groups = group_texts(questions, self._embedder)
        return tuple(tuple(questions[place] for place in group) for group in groups)

    def search(self, query: str, *, limit: int) -> tuple[Hit, ...]:
        """Return up to ``limit`` passages for ``query``, best first. Raises QuestionError."""
        return self._answerer.search(checked_question(query, (), "auto"), limit=limit)

    @property
    def records(self) -> tuple[Record, ...]:
        """Every row of every table, in corpus order."""
        return self._generation.records

    @property
    def pages(self) -> Sequence[store.PageText]:
        """Every document that was read, in corpus order."""
        return self._generation.pages

    def cache_use(self) -> "CacheUse | None":
        """Return how often an answer was remembered; None where none is."""
        return self._cache.use() if self._cache is not None else None

    def wording_counts(self) -> Mapping[tuple[str, str], int]:
        """Return what became of the language model's words, by (name, label); see generation.ledger."""
        return self._writer.ledger.counts() if self._writer is not None else {}

    def examples(self, language: Language) -> tuple[str, ...]:
        """Return a few questions that the documents answer."""
        mine = (e.question for e in self._generation.examples if e.language == language)
        return tuple(islice(mine, _EXAMPLES))

    def passage(self, passage_id: str) -> Passage | None:
        """Return the passage with this id, if the generation has it."""
        number = self._generation.outline.passage(passage_id)
        return None if number is None else self._generation.passages[number]

    def document_text(self, source: str) -> str | None:
        """Return the text of the document that was read from ``source``."""
        number = self._generation.outline.page(source)
        return None if number is None else self._generation.pages[number].text


def build(
    settings: Settings,
    *,
    on_progress: "Progress | None" = None,
    wait_s: float = _LONGEST_BUILD_S,
    kept: GenerationStore | None = None,
) -> BuildSummary:
    """Read the corpus, write a new generation, try it and switch to it.

    While another build runs, this one waits up to ``wait_s``, with the stage "waiting"; then it
    raises IndexBusy. Raises IndexDamaged where what was written does not answer as it should.
    """
    tell = on_progress or (lambda stage, done, total: None)
    try:
        with (
            no_cycles_collected(),
            opened_store(settings.index, kept) as opened,
            opened.building(wait_s=wait_s, on_wait=lambda: tell("waiting", 0, 1)),
        ):
            return _build(settings, opened, tell)
    except OSError as error:
        folder = settings.index.path
        message = f"{folder}: the index cannot be written ({error.strerror}); make room there or set index.path."
        raise SettingsError(message) from error


def _build(settings: Settings, kept: GenerationStore, tell: "Progress") -> BuildSummary:
    from assistant.crew import open_crew  # the readers, which questions do without

    started = perf_counter()
    resources = Resources.load(settings)
    with closing(open_crew(settings, resources.embedder, kept)) as crew:
        corpus = _read(settings, crew, lambda done, total: tell("reading", done, total))
        documents = [document for document in corpus.documents if document.status != "placeholder"]
        records = build_records(documents)
        passages = collapse(_linked(crew.chunk(documents, tell), records))
        if not passages:
            raise CorpusError(f"{settings.corpus.path}: no text to answer from in any document.")
        prepared = crew.prepare(passages, tell)
    generation = store.assemble(
        model=resources.embedder.name,
        corpus_digest=corpus.digest,
        pages=[store.PageText(d.source, d.title, d.url, d.status, d.text) for d in corpus.documents],
        passages=passages,
        records=records,
        lexical=LexicalIndex.build(prepared.tokens),
        vectors=VectorIndex.build(prepared.vectors),
        words=PassageWords.build(prepared.words),
    )
    answerer = _answerer(generation, resources, settings)
    examples = tuple(e for language in _LANGUAGES for e in answerer.find_examples(language))
    manifest = kept.save(
        replace(generation, examples=examples),
        prepared.tokens,
        verify=lambda made: _verify(made, answerer, _answerer(made, resources, settings), kept.agreement),
    )
    return _summary(manifest, corpus, passages, records, perf_counter() - started)


def _verify(made: store.Generation, answerer: Answerer, again: Answerer, agreement: float) -> None:
    """Ask what was read back a few questions; it answers as what was built, or is not served."""
    step = max(1, len(made.examples) // _SMOKE_QUESTIONS)
    asked = [Question(e.question, (), e.language) for e in made.examples[::step]]
    asked += [Question(made.passages[0].text[:LONGEST_QUESTION], (), made.passages[0].language)]
    others = [question.text for question in asked if not _agree(again.tried(question), answerer.tried(question))]
    if len(others) > (1 - agreement) * len(asked):
        raise IndexDamaged(
            f"generation {made.manifest.generation}: read back from where it is kept it answers “{others[0]}” "
            "otherwise than it should; check the disk and run 'python -m assistant build' again."
        )


def _agree(now: Answer, then: Answer) -> bool:
    return (now.kind, now.text, now.citations) == (then.kind, then.text, then.citations)


def is_current(settings: Settings) -> bool:
    """Tell whether an index of the corpus and the model as they are now exists; cheap.

    One that was gone back from is not wanted: the one before it is current until the corpus changes.
    """
    try:
        with opened_store(settings.index) as opened:
            wanted = (opened.current_manifest().generation, opened.rolled_back_from())
    except (IndexMissing, IndexDamaged):
        return False
    name = store.generation_name(embedder_name(settings.embedding.model), documents_state(settings))
    return name in wanted


def roll_back(settings: Settings) -> str:
    """Make the generation before the current one answer again; returns its name.

    It does until somebody builds or the documents change. Raises IndexMissing where none is kept,
    IndexDamaged where it is not whole.
    """
    with opened_store(settings.index) as opened, opened.building(wait_s=_LONGEST_BUILD_S, on_wait=lambda: None):
        return opened.roll_back()


def documents_state(settings: Settings) -> str:
    """Return a digest of the documents as they are now; cheap. Raises CorpusError."""
    corpus = settings.corpus
    return digest_corpus(corpus.path, site_url=corpus.site_url, exclude=corpus.exclude)


@dataclass(frozen=True)
class Resources:
    """What every generation needs and none changes; loaded once, shared by all."""

    embedder: Embedder
    frequency: WordFrequency
    translator: TermTranslator

    @classmethod
    def load(cls, settings: Settings) -> "Resources":
        """Load them. Raises ModelError."""
        return cls(load_embedder(settings.embedding.model), WordFrequency.load(), TermTranslator.load())


def load_assistant(
    settings: Settings,
    *,
    resources: Resources | None = None,
    kept: GenerationStore | None = None,
    memory: "AnswerMemory | None" = None,
) -> Assistant:
    """Load the current generation; the one before where it is damaged, which the log tells.

    Whoever gives ``kept`` closes it, after the last question. With ``memory``, answers are kept
    for whoever asks the same; a language model words them anew.

    Raises IndexMissing, IndexDamaged or ModelError; where a language model is set, SettingsError or
    OptionalPackageMissing too.
    """
    resources = resources or Resources.load(settings)
    embedder = resources.embedder
    generation = (kept or open_store(settings.index)).load(model=embedder.name)
    if generation.manifest.dimension != embedder.dimension:
        raise IndexDamaged(
            f"generation {generation.manifest.generation}: vectors of {generation.manifest.dimension} "
            f"dimensions, the model gives {embedder.dimension}; run 'python -m assistant build' again."
        )
    answerer = _answerer(generation, resources, settings)
    if settings.answer.language_model is None:
        return Assistant(generation, answerer, embedder, memory=memory)
    from assistant.generation.writer import Writer

    writer = Writer.load(settings.answer.language_model, answerer.parser)
    return Assistant(generation, answerer, embedder, writer=writer, memory=memory)


def _answerer(generation: store.Generation, resources: Resources, settings: Settings) -> Answerer:
    lexical, frequency = generation.lexical, resources.frequency
    names = NameIndex(lexical.vocabulary, frequency, stated_names(generation.records), generation.outline.headings)
    parser = QueryParser(
        lexical,
        frequency,
        resources.translator,
        names,
        Glossary.load(settings.corpus.path / "glossary.yaml"),
        site_names=_site_names(generation.outline),
    )
    return Answerer(generation, resources.embedder, parser, names, max_citations=settings.answer.max_citations)


def _site_names(outline: PassageOutline) -> frozenset[str]:
    """Return the Latin words in the titles of the site's own front pages, and what the lab calls itself."""
    words = (word.lower() for title in outline.front_titles for word in _LATIN_NAME.findall(title))
    return frozenset((*words, *outline.own_names))


def _read(settings: Settings, crew: "Crew", on_progress: Callable[[int, int], None]) -> Corpus:
    from assistant.index.readings import ReadingFiles  # the readers, which questions do without

    return read_corpus(
        settings.corpus.path,
        site_url=settings.corpus.site_url,
        exclude=settings.corpus.exclude,
        memory=ReadingFiles(settings.index.path / ".readings"),
        read=crew.read,
        on_progress=on_progress,
    )


def _linked(chunks: Iterable[Sequence[Passage]], records: Sequence[Record]) -> list[Passage]:
    """Return all passages, those of table rows named after their record."""
    rows = {(place.source, place.start): r.id for r in records for place in r.places}
    return [
        replace(passage, record=rows[passage.place.source, passage.place.start])
        if passage.kind == "row"
        else passage
        for passages in chunks
        for passage in passages
    ]


def _summary(
    manifest: store.Manifest,
    corpus: Corpus,
    passages: Sequence[Passage],
    records: Sequence[Record],
    seconds: float,
) -> BuildSummary:
    statuses = [document.status for document in corpus.documents]
    return BuildSummary(
        generation=manifest.generation,
        files=len(corpus.documents),
        published=statuses.count("published"),
        orphans=statuses.count("orphan"),
        placeholders=statuses.count("placeholder"),
        passages=len(passages),
        records=len(records),
        seconds=seconds,
        documents=tuple((document.source, document.status) for document in corpus.documents),
        skipped=corpus.skipped,
        warnings=corpus.warnings,
        conflicts=told_once(records),
    )
