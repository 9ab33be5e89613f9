"""Which sentences of a language model are shown: the cases are data."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.generation.quotes import Quote
from assistant.generation.reply import ReplyReader
from assistant.text import detect_language

DATA = Path(__file__).resolve().parents[1] / "data" / "generation" / "verifying.yaml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(DATA.read_text("utf-8"))
CASES = [(group, case) for group in GROUPS for case in group["sentences"]]


@pytest.mark.parametrize(("group", "case"), CASES, ids=[case["says"][:60] for _, case in CASES])
def test_a_sentence_is_shown_or_dropped_as_its_case_says(group, case, verifier_of):
    quotes = [Quote(number, **quote) for number, quote in enumerate(group["quotes"], start=1)]
    verifier = verifier_of([f"{quote.about}\n{quote.text}" for quote in quotes])
    reader = ReplyReader()
    [sentence] = [*reader.feed(case["says"]), *reader.finish(is_whole=True)]
    objection = verifier.objection(
        sentence, quotes, language=detect_language(sentence.text), instructions=group.get("instructions", "")
    )
    assert objection == case.get("objection"), sentence


def test_there_are_cases_of_every_objection():
    told = {case.get("objection") for _, case in CASES}
    assert told == {
        None, "uncited", "unknown-quote", "markup", "prompt", "address", "number", "date", "name", "mispaired",
        "denial", "words",
    }  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [("en", "联系邮箱是这个。"), ("zh", "You can write to this mailbox at any time.")])
def test_a_sentence_in_another_language_than_the_answer_is_dropped(language, text, verifier_of):
    quotes = [Quote(1, "", f"{text} You can write to this mailbox at any time. 联系邮箱是这个。")]
    reader = ReplyReader()
    [sentence] = [*reader.feed(f"{text[:-1]} [1]{text[-1]}"), *reader.finish(is_whole=True)]
    objection = verifier_of([quotes[0].text]).objection(sentence, quotes, language=language, instructions="")
    assert objection == "language"
