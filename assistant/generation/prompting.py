"""The messages that a language model gets: instructions, and the evidence as data."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from assistant.generation.markup import visible
from assistant.generation.quotes import Quote
from assistant.schema import Question

Task = Literal["facts", "opening"]


@dataclass(frozen=True)
class Prompt:
    """One request: what to do, and the data to do it with."""

    system: str
    user: str  # JSON: text that comes from outside cannot end its own string


def prompt_for(task: Task, question: Question, quotes: Sequence[Quote], *, rows: int = 0) -> Prompt:
    """Return the prompt that asks for an answer from ``quotes``, or for the opening of ``rows`` rows."""
    texts = _texts()
    system = texts[task].format(language=texts["languages"][question.language])
    data = {
        "question": visible(question.text),
        "earlier_questions": [visible(text) for text in question.history[-3:]],
        **({"rows": rows} if task == "opening" else {}),
        "quotes": [{"number": q.number, "page": q.about, "quote": q.text} for q in quotes],
    }
    return Prompt(system, json.dumps(data, ensure_ascii=False, indent=1))


@lru_cache(maxsize=1)
def _texts() -> dict:
    return yaml.safe_load((Path(__file__).parent / "prompts.yaml").read_text("utf-8"))
