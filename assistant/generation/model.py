"""Asks a language model behind an OpenAI-compatible server, and tells every way that this can fail."""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from assistant.errors import LanguageModelFailed, OptionalPackageMissing, SettingsError
from assistant.generation.prompting import Prompt
from assistant.settings import LanguageModelSettings

if TYPE_CHECKING:
    from openai import OpenAI

_CONNECT_S = 5.0
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\uffef]")
_LATIN_PER_TOKEN = 3  # characters; tokenizers make 3.5 to 4.5 of English, so that this errs upwards
_FRAME_TOKENS = 20  # what a chat template adds
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Piece:
    """A part of a reply; the token numbers are those of the whole call, 0 until the server tells them."""

    text: str
    end: str  # why the reply ends: "stop", "length"; "" while it goes on
    input_tokens: int = 0
    output_tokens: int = 0


class LanguageModel:
    """One model of one server; safe to share between threads."""

    def __init__(self, client: "OpenAI", settings: LanguageModelSettings) -> None:
        self._client = client
        self._settings = settings

    @classmethod
    def load(cls, settings: LanguageModelSettings) -> "LanguageModel":
        """Prepare the client; nothing is sent yet.

        Raises OptionalPackageMissing without the package ``openai``, SettingsError where the key's
        variable is not set.
        """
        try:
            from openai import OpenAI, Timeout
        except ImportError as error:
            raise OptionalPackageMissing(
                "answer.language_model: needs the package 'openai'; run 'pip install openai'."
            ) from error
        name = settings.api_key_env
        if name and not os.environ.get(name):
            raise SettingsError(
                f"answer.language_model.api_key_env: the environment variable {name} is not set; set it to the key."
            )
        client = OpenAI(
            base_url=settings.base_url,
            api_key=os.environ[name] if name else "none",  # servers without keys take any
            timeout=Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
            max_retries=0,  # the extractive answer is there already: better than waiting
        )
        return cls(client, settings)

    def reply(self, prompt: Prompt, *, max_tokens: int) -> Iterator[Piece]:
        """Yield the reply in pieces, the last with ``end`` set.

        Raises LanguageModelFailed; its reason is one of timeout, unreachable, refused, overloaded,
        status, malformed, broken.
        """
        from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError, RateLimitError

        until = monotonic() + self._settings.timeout_s
        try:
            yield from self._pieces(prompt, max_tokens, until)
        except APITimeoutError as error:
            raise LanguageModelFailed("timeout") from error
        except APIConnectionError as error:
            raise LanguageModelFailed("unreachable") from error
        except RateLimitError as error:
            raise LanguageModelFailed("overloaded") from error
        except APIStatusError as error:
            raise LanguageModelFailed("overloaded" if error.status_code == 503 else "status") from error
        # ValueError: a line of the stream that is no JSON reaches us as the parser's own error.
        except (OpenAIError, ValueError, AttributeError, TypeError) as error:
            _log.info("language model reply: %s", type(error).__name__)
            raise LanguageModelFailed("malformed") from error

    def _pieces(self, prompt: Prompt, max_tokens: int, until: float) -> Iterator[Piece]:
        messages: list[Any] = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ]
        end, used = "", (0, 0)
        with self._client.chat.completions.create(
            model=self._settings.model, messages=messages, max_tokens=max_tokens, temperature=0,
            stream=True, stream_options={"include_usage": True},
        ) as stream:  # fmt: skip
            for chunk in stream:
                if monotonic() > until:
                    raise LanguageModelFailed("timeout")
                used = _usage(chunk) or used
                text, finished = _content(chunk)
                end = finished or end
                if text:
                    yield Piece(text, "")
        if not end:
            raise LanguageModelFailed("broken")
        yield Piece("", end, *used)


def estimated_tokens(*texts: str) -> int:
    """Return about how many tokens ``texts`` are to any model, rather too many than too few."""
    han = sum(len(_HAN.findall(text)) for text in texts)
    rest = sum(map(len, texts)) - han
    return han + rest // _LATIN_PER_TOKEN + _FRAME_TOKENS * len(texts)


def _content(chunk: Any) -> tuple[str, str]:  # noqa: ANN401 (the SDK does not check what a server sends)
    """Return the text of a chunk and why the reply ends, "" for neither; anything else is a failure."""
    choices = chunk.choices
    if not isinstance(choices, list):
        raise LanguageModelFailed("malformed")
    if not choices:
        return "", ""  # the chunk that only tells what was used
    choice = choices[0]
    delta, finished = choice.delta, choice.finish_reason or ""
    if delta is not None and getattr(delta, "refusal", None) or finished == "content_filter":
        raise LanguageModelFailed("refused")
    if delta is not None and getattr(delta, "tool_calls", None) or finished in ("tool_calls", "function_call"):
        raise LanguageModelFailed("malformed")  # it was offered no tool
    text = getattr(delta, "content", None) or ""
    if not isinstance(text, str) or not isinstance(finished, str):
        raise LanguageModelFailed("malformed")
    return text, finished


def _usage(chunk: Any) -> tuple[int, int] | None:  # noqa: ANN401
    usage = getattr(chunk, "usage", None)
    numbers = (getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))
    return numbers if all(isinstance(n, int) and n >= 0 for n in numbers) else None  # type: ignore[return-value]
