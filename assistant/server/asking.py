"""Answers one question for whatever route it came by: counted, journalled, in its own thread where it streams."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Literal

from assistant.errors import LanguageModelFailed
from assistant.journal import Journal
from assistant.schema import Answer
from assistant.server.metrics import Metrics
from assistant.server.serialise import Body, answer_body
from assistant.server.watching import AnswerWatch

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

AssistantSource = Callable[[], "Assistant"]


@dataclass(frozen=True)
class Asked:
    """A question as a request put it."""

    question: str
    history: Sequence[str] = ()
    language: Literal["auto", "zh", "en"] = "auto"


class Underway:
    """An answer that is being found in another thread."""

    def __init__(self) -> None:
        self._drafts: SimpleQueue[Body | None] = SimpleQueue()
        self._left = Event()
        self._found: Future[Body] = Future()

    def follow(self, found: "Future[Body]") -> None:
        """Take ``found`` as what is waited for."""
        self._found = found
        found.add_done_callback(lambda _: self._drafts.put(None))

    def drafted(self, draft: Body) -> None:
        """Pass a draft on; raises LanguageModelFailed where nobody listens any more."""
        if self._left.is_set():
            raise LanguageModelFailed("abandoned")
        self._drafts.put(draft)

    def drafts(self, *, heartbeat_s: float) -> Iterator[Body | None]:
        """Yield each draft as it comes, and None whenever there was none for so long; end with the answer."""
        while True:
            try:
                draft = self._drafts.get(timeout=heartbeat_s)
            except Empty:
                yield None
                continue
            if draft is None:
                return
            yield draft

    def failure(self) -> BaseException | None:
        """Return what kept the answer from being found, once ``drafts`` has ended."""
        return self._found.exception()

    def body(self) -> Body:
        """Return the answer's body, once ``drafts`` has ended; raises what kept it from being found."""
        return self._found.result()

    def leave(self) -> None:
        """Say that nobody waits: what has not begun is dropped, a model's reply is not read on."""
        self._left.set()
        self._found.cancel()


class Asking:
    """What every route that asks shares."""

    def __init__(self, metrics: Metrics, journal: Journal, watch: AnswerWatch, *, threads: int) -> None:
        """At most ``threads`` streamed answers are computed at once."""
        self._watch = watch
        self._metrics = metrics
        self._journal = journal
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answer")

    def answer(
        self, assistant: "Assistant", asked: Asked, *, on_draft: Callable[[Body], None] = lambda draft: None
    ) -> Body:
        """Return the body of an answer; ``on_draft`` gets bodies of what is verified of it so far."""
        index = assistant.generation

        def tell(draft: Answer) -> None:
            on_draft(answer_body(draft, index=index, took_ms=1000 * (time.perf_counter() - started)))

        started = time.perf_counter()
        with self._watch.finding():
            answer = assistant.ask(asked.question, history=asked.history, language=asked.language, on_draft=tell)
        took_s = time.perf_counter() - started
        self._metrics.answered(answer, took_s)
        self._metrics.remembered(assistant.cache_use())
        body = answer_body(answer, index=index, took_ms=took_s * 1000)
        self._journal.asked(answer, answer_id=body["id"], generation=body["index"], took_ms=body["took_ms"])
        return body

    def start(self, assistant: "Assistant", asked: Asked) -> Underway:
        """Begin to answer in another thread."""
        underway = Underway()
        underway.follow(self._pool.submit(lambda: self.answer(assistant, asked, on_draft=underway.drafted)))
        return underway
