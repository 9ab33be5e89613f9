"""The assistant as a model of an OpenAI-compatible server: ``/v1/models`` and ``/v1/chat/completions``.

https://platform.openai.com/docs/api-reference/chat: what programs that speak it send and expect.
"""

import json
import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response, g, jsonify, request

from assistant.pipeline import LONGEST_QUESTION
from assistant.server.asking import Asked, Asking, AssistantSource, Underway
from assistant.server.failures import RequestRefused, stream_failure
from assistant.server.requests import require_json_object
from assistant.server.serialise import Body
from assistant.text import count_tokens

MODEL = "lab-assistant"
# A chat program sends the whole conversation each time, our answers included.
_MAX_BODY_BYTES = 1024 * 1024
_MOST_HISTORY = 20
_HEARTBEAT_S = 2.0
_TYPES = {404: "invalid_request_error", 429: "rate_limit_error", 500: "server_error", 503: "server_error"}
_IMAGE = re.compile(r"!(?=\[)")
_LINK = re.compile(r"\](?=\()")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Chat:
    """What of a request is used."""

    asked: Asked
    is_streamed: bool
    tells_usage: bool


def openai_blueprint(assistant_source: AssistantSource, asking: Asking) -> APIBlueprint:
    """Return the routes below ``/v1``; they are described by OpenAI, not by ``/openapi.json``."""
    blueprint = APIBlueprint("openai", __name__, url_prefix="/v1", enable_openapi=False)
    blueprint.before_request(_allow_long_body)
    blueprint.before_request(require_json_object)
    blueprint.after_request(_in_their_shape)

    @blueprint.get("/models")
    def models() -> Body:
        return {"object": "list", "data": [_model()]}

    @blueprint.get("/models/<name>")
    def model(name: str) -> Body:
        if name != MODEL:
            message = f"model: '{name}' is not here; the only one is '{MODEL}'."
            raise RequestRefused(message, status=404, code="model_not_found")
        return _model()

    @blueprint.post("/chat/completions")
    def complete() -> Response:
        chat = _read(request.get_json())
        assistant = assistant_source()
        if chat.is_streamed:
            chunks = _chunks(asking.start(assistant, chat.asked), chat, request_id=g.request_id)
            response = Response(chunks, mimetype="text/event-stream")
            response.headers["X-Accel-Buffering"] = "no"
        else:
            response = jsonify(_completion(asking.answer(assistant, chat.asked)))
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _allow_long_body() -> None:
    request.max_content_length = _MAX_BODY_BYTES


def _in_their_shape(response: Response) -> Response:
    """Add to the API's error body what clients of this protocol look for."""
    body = response.get_json(silent=True) if response.status_code >= 400 and not response.is_streamed else None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        if response.status_code == 413:
            body["error"]["message"] = "body: longer than 1 MB; shorten the conversation."
        kind = _TYPES.get(response.status_code, "invalid_request_error")
        field, colon, _ = body["error"]["message"].partition(":")
        param = field if colon and re.fullmatch(r"[a-z_.0-9]+", field) else None
        response.set_data(json.dumps({"error": {**body["error"], "type": kind, "param": param}}, ensure_ascii=False))
    return response


def _model() -> Body:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "lab"}


def _read(body: dict[str, Any]) -> _Chat:
    """Return what the request asks: the last message of the user, and those before it as history.

    Messages of others (system, assistant, tool) and settings of a model that samples (temperature,
    top_p, …) change nothing: there is nothing to sample, and nobody instructs.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestRefused('messages: must be a list such as [{"role": "user", "content": "…"}].')
    if body.get("n") not in (None, 1):
        raise RequestRefused("n: only one answer is given; leave it out or send 1.")
    said = [_text(number, message) for number, message in enumerate(messages) if _is_users(number, message)]
    if not said or not _is_users(len(messages) - 1, messages[-1]):
        raise RequestRefused("messages: the last one must be the user's question.")
    *earlier, question = said
    options = body.get("stream_options")
    is_streamed = body.get("stream") is True
    tells_usage = is_streamed and isinstance(options, dict) and options.get("include_usage") is True
    history = tuple(text for text in earlier if text.strip() and len(text) <= LONGEST_QUESTION)[-_MOST_HISTORY:]
    return _Chat(Asked(question, history), is_streamed, tells_usage)


def _is_users(number: int, message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise RequestRefused(f"messages.{number}: must be an object with a role and a content.")
    return message["role"] == "user"


def _text(number: int, message: dict[str, Any]) -> str:
    """Return a message's content, of one in parts the parts of text."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = "\n".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise RequestRefused(f"messages.{number}.content: must be text.")
    return content


def _completion(body: Body) -> Body:
    message = {"role": "assistant", "content": _inert(str(body["answer"])) + _footnotes(body), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    head = _head(body, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(body, message["content"]), "lab_assistant": body}


def _chunks(underway: Underway, chat: _Chat, *, request_id: str) -> Iterator[str]:
    """Yield an answer as chunks, the whole body of ``/ask`` in the last one's ``lab_assistant``.

    What was sent cannot be taken back here: where a language model's reply fails after its first
    sentences, which were verified, the quoted answer follows below them.
    """
    sent = ""
    try:
        for draft in underway.drafts(heartbeat_s=_HEARTBEAT_S):
            if draft is None:
                yield ": still looking\n\n"
            else:
                yield from _delta(draft, str(draft["answer"])[len(sent) :], is_first=not sent)
                sent = str(draft["answer"])
        failure = underway.failure()
    finally:
        underway.leave()
    if failure is not None:
        _log.error("%s stream: %s", request_id, failure, exc_info=failure)
        told = stream_failure(failure)["error"]
        yield _event({"error": {**told, "type": "server_error", "param": None}})
        return
    body = underway.body()
    text = str(body["answer"])
    rest = text[len(sent) :] if text.startswith(sent) else f"\n\n{text}"
    yield from _delta(body, rest, is_first=not sent)
    yield from _delta(body, "", footnotes=_footnotes(body))
    end = _chunk(body, {}, finish_reason="stop")
    yield _event({**end, "lab_assistant": body})
    if chat.tells_usage:
        head = _head(body, "chat.completion.chunk")
        yield _event({**head, "choices": [], "usage": _usage(body, sent + rest + _footnotes(body))})
    yield "data: [DONE]\n\n"


def _delta(body: Body, text: str, *, is_first: bool = False, footnotes: str = "") -> Iterator[str]:
    if is_first:
        yield _event(_chunk(body, {"role": "assistant", "content": ""}))
    if text or footnotes:
        yield _event(_chunk(body, {"content": _inert(text) + footnotes}))


def _chunk(body: Body, delta: Body, *, finish_reason: str | None = None) -> Body:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return {**_head(body, "chat.completion.chunk"), "choices": [choice]}


def _head(body: Body, kind: str) -> Body:
    return {"id": f"chatcmpl-{body['id']}", "object": kind, "created": int(time.time()), "model": MODEL}


def _footnotes(body: Body) -> str:
    """Return a line for each citation: its number, where it stands, and the address."""
    citations: Sequence[Any] = body["citations"]  # type: ignore[assignment]
    lines = [f"[{c['number']}] {_inert(_where(c))} — {c['url'] or c['source']}" for c in citations]
    return "\n\n" + "\n".join(lines) if lines else ""


def _where(citation: dict[str, Any]) -> str:
    return " › ".join(citation["heading_path"]) or citation["title"]


def _inert(text: str) -> str:
    """Return ``text`` so that a program that renders Markdown shows it instead of acting on it.

    Chat programs fetch images and make links of what a document, or whoever planted something
    there, wrote as plain text.
    """
    return _TAG.sub(r"\\<", _LINK.sub(r"]\\", _IMAGE.sub(r"!\\", text)))


def _usage(body: Body, content: str) -> Body:
    """Return token numbers as jieba counts them: there is no other tokenizer here, and nothing is billed."""
    prompt, completion = count_tokens(str(body["question"])), count_tokens(content)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _event(data: Body) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
