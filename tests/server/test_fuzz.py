"""Ten thousand bodies that nobody should send: none makes the server fail."""

import json
import random
from collections import Counter
from http.client import HTTPConnection

import pytest
from serving import serving

from assistant.pipeline import Assistant

BODIES = 10_000
PIECES = (
    "论文", "who leads", "邮箱", "2024", "ECCV", "\u202e", "\u200b", "\ufeff", "\u0000", "\ud800", "\udfff", "é", "e\u0301", "👩‍👩‍👧‍👦",
    "'; DROP TABLE questions; --", "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://a}", "../../etc/passwd",
    "%s%n%x", "\r\nSet-Cookie: a=b", "NaN", "[", "]]", "((((", "*" * 40, "\\", "\\u", "a" * 60, "长" * 60, " ", "\t", "\n",
    "和", "or", "不", "哪些", "how many", "从 1900 到 9999", "-1", "1e309", "٣", "Ⅳ", "①", "ＥＣＣＶ", "ß", "İ", "ǅ", "ﬀ", "㍿",
)  # fmt: skip
VALUES = (None, True, 0, -1, 1e308, 10**400, "", " ", "a", [], {}, [[]], ["a", None], {"$gt": ""}, "auto", "zh", "fr")
KEYS = ("question", "history", "language", "Question", "", "__proto__", "questi\u043en", "stream", "q")


def question(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randint(0, 9)))


def body(chance: random.Random) -> bytes:
    """Return a body: mostly JSON of the right shape with wrong contents, or of a wrong shape, or none."""
    kind = chance.random()
    asked: object = {"question": question(chance)}
    if kind < 0.45:
        if chance.random() < 0.3:
            asked["history"] = [question(chance) for _ in range(chance.randint(0, 22))]
        if chance.random() < 0.3:
            asked["language"] = chance.choice(("zh", "en", "auto"))
    elif kind < 0.7:
        asked = {chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randint(0, 4))}
    elif kind < 0.75:
        asked = chance.choice(VALUES)
    text = json.dumps(asked, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if kind > 0.75:
        text = spoiled(text, chance)
    return text


def spoiled(text: bytes, chance: random.Random) -> bytes:
    """Return ``text`` cut, doubled, nested, with bytes changed, or replaced by noise."""
    made = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return chance.choice(
        (
            text[: chance.randrange(len(text))], text * 3, bytes(made), chance.randbytes(chance.randint(0, 3000)),
            b"[" * chance.randint(1, 15_000), b'{"question":' * chance.randint(1, 1200), b'{"question": "' + b"\\u0041" * 2000 + b'"}',
            b" " * chance.randint(0, 20_000) + text, b"\xef\xbb\xbf" + text, text.decode("utf-8", "replace").encode("utf-16"),
        )
    )  # fmt: skip


@pytest.mark.slow
def test_no_body_makes_the_server_fail(assistant: Assistant):
    chance = random.Random(2026)
    statuses: Counter[int] = Counter()
    types = ("application/json", "application/json", "application/json; charset=utf-16", "text/plain", "", "application/x-www-form-urlencoded")
    with serving(lambda: assistant) as client:
        connection = HTTPConnection("127.0.0.1", client.port, timeout=60)
        for number in range(BODIES):
            sent = body(chance)
            headers = {"Content-Type": types[0] if number % 10 else chance.choice(types)}
            if number % 50 == 0:
                headers["Accept"] = "text/event-stream"
            path = "/feedback" if number % 25 == 24 else "/ask"
            connection.request("POST", path, sent, headers)
            reply = connection.getresponse()
            content = reply.read()
            statuses[reply.status] += 1
            assert reply.status < 500, sent
            assert b"Traceback" not in content and b'"code":"internal"' not in content.replace(b" ", b""), sent
        connection.close()
        assert client.get("/ready").status == 200
    assert sum(statuses.values()) == BODIES
    assert statuses[200] > 2000 and statuses[400] > 2000 and statuses[413] > 10, statuses
