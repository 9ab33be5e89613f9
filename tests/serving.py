"""A server on a free port of this machine, and a small assistant with fixed answers for it."""

import http.client
import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.errors import QuestionError
from assistant.journal import Journal
from assistant.recalling import CacheUse
from assistant.schema import Answer, Citation, Field, Item, Language, Passage, Place, Question
from assistant.server.app import create_app
from assistant.server.listening import open_server
from assistant.settings import Settings

TEXT = "成员\n\n孙鹏负责联合培养。联系邮箱 sunpeng@pjlab.org.cn。\n\n实验室在上海。"
OnDraft = Callable[[Answer], None]
_START = TEXT.index("孙鹏")
QUOTE = "孙鹏负责联合培养。"
PLACE = Place(
    source="doc/team/hpc.md", title="高性能计算", heading_path=("高性能计算", "成员"), anchor="id2", line=3,
    start=_START, end=_START + len(QUOTE), url="https://lab.example/doc/team/hpc.html#id2", status="published",
)  # fmt: skip
PASSAGE = Passage("p1", QUOTE, "高性能计算 成员", "text", "zh", "", (PLACE,))


class FakeAssistant:
    """Answers "papers" with a list, "boom" with a failure, "nothing" with an abstention."""

    generation = "g-test"
    passage_count = 7

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], str]] = []

    def ask(
        self, question: str, *, history: Sequence[str] = (), language: str = "auto", on_draft: OnDraft = print
    ) -> Answer:
        self.asked.append((question, tuple(history), language))
        if "boom" in question:
            raise RuntimeError("secret detail")
        if "refuse" in question:
            raise QuestionError("question: cannot be used; ask another.")
        spoken: Language = "zh" if language == "zh" or not question.isascii() else "en"
        answer = Answer(
            Question(question, tuple(history), spoken), True, "fact", f"{QUOTE} [1]\n第二行。", (),
            (Citation(1, "p1", QUOTE, PLACE),), ("有哪些论文？",), 0.9312, "extractive",
        )  # fmt: skip
        if "papers" in question:
            rows = (Item((Field("论文", "Fisheye-GS"), Field("会议/期刊", "ECCV")), 1),)
            return replace(answer, kind="list", items=rows)
        if "nothing" in question:
            return replace(answer, answered=False, text="The documents do not say it.", confidence=0.1)
        return answer

    def cache_use(self) -> CacheUse:
        return CacheUse(hits=0, misses=len(self.asked), entries=0, size=0)

    def wording_counts(self) -> Mapping[tuple[str, str], int]:
        return {}

    def examples(self, language: Language) -> tuple[str, ...]:
        return ("有哪些论文？",) if language == "zh" else ("What papers are there?",)

    def passage(self, passage_id: str) -> Passage | None:
        return PASSAGE if passage_id == "p1" else None

    def document_text(self, source: str) -> str | None:
        return TEXT if source == PLACE.source else None


@dataclass(frozen=True)
class Reply:
    """A response as it came over the wire."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Sends requests to one server, each on its own connection."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    wake: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """``headers`` are written with underscores: ``content_type="text/plain"``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, content, **{"content_type": "application/json", **headers})


@contextmanager
def serving(source: Callable[[], Any], *, journal_url: str = "", **server_settings: Any) -> Iterator[Client]:
    """Serve what ``source`` returns until the block ends."""
    options = {"port": 0, "rate_limit": "100000/minute", **server_settings}
    settings = Settings(server=options)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open(journal_url or f"sqlite:///{folder}/journal.db")
        server = open_server(create_app(settings, source, journal), settings)
        client = Client(int(server.effective_port), wake=server.pull_trigger)
        ends = {"grace_s": server_settings.get("grace_s", 0.5)}
        thread = threading.Thread(target=server.serve, args=(client.stop,), kwargs=ends, daemon=True)
        thread.start()
        try:
            yield client
        finally:
            client.stop.set()
            server.pull_trigger()
            # Nothing is closed before the loop has ended: it would poll, and this would wake it
            # up, through file descriptors that are gone or already somebody else's.
            thread.join(timeout=10)
            server.close_all()
            journal.close()
