"""Answers worded by a language model behind a real HTTP server, whatever that server does."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from language_model import Conversations, Script, honest, opening, scripted_model, truths

from assistant.errors import OptionalPackageMissing, SettingsError
from assistant.generation.model import LanguageModel
from assistant.generation.writer import Writer
from assistant.pipeline import Assistant, load_assistant
from assistant.schema import Answer
from assistant.settings import AnswerSettings, LanguageModelSettings

FACT = "联合培养博士的导师是谁？"
LIST = "what papers were at ECCV?"
UNANSWERABLE = "Is there a paper at NeurIPS?"


@contextmanager
def generating(
    assistant: Assistant, folder: Path, answer: Callable[[Any, Any], Script], **limits: Any
) -> Iterator[tuple[Assistant, Conversations]]:
    """An assistant over the default corpus whose language model is scripted."""
    with scripted_model(answer) as (url, heard):
        options = {"questions_per_minute": 10_000, "ledger": folder / "ledger.db", **limits}
        model = LanguageModelSettings(base_url=url, model="scripted", **options)
        yield with_model(assistant, model), heard


def with_model(assistant: Assistant, model: LanguageModelSettings) -> Assistant:
    """The same index with a model: loading it anew for each test would take most of the time."""
    writing = copy(assistant)
    writing._writer = Writer.load(model, assistant._answerer.parser)
    return writing


def outcome(assistant: Assistant) -> dict[str, int]:
    return {label: n for (name, label), n in assistant.wording_counts().items() if name == "answers"}


def test_a_fact_is_worded_and_its_quotes_stand_below(assistant, tmp_path):
    with generating(assistant, tmp_path, lambda data, _: Script("导师是孙鹏 [1]。")) as (writing, heard):
        answer = writing.ask(FACT)
    plain = assistant.ask(FACT)
    assert answer.method == "generated"
    assert answer.text == f"导师是孙鹏[1]。\n\n{plain.text}"
    assert (answer.citations, answer.items, answer.kind) == (plain.citations, plain.items, plain.kind)
    assert len(heard.requests) == 1


def test_quotes_that_the_words_hold_already_are_not_repeated(assistant, tmp_path):
    def verbatim(data, _):
        return Script("\n".join(f"{line} [1]" for line in data["quotes"][0]["quote"].split("\n") if line))

    with generating(assistant, tmp_path, verbatim) as (writing, _):
        answer = writing.ask("芯片上的编译优化有哪些？")
    assert answer.method == "generated"
    assert answer.text.count(answer.citations[0].quote[:12]) == 1


def test_without_quotes_below_the_words_must_hold_what_was_asked(assistant, tmp_path):
    question = "申请联合培养博士，简历发到哪个邮箱？"
    assert assistant.ask(question).kind == "contact"
    with generating(assistant, tmp_path, lambda *_: Script("申请联合培养博士，请把简历发给导师[1]。"), keep_quotes=False) as (writing, _):
        answer = writing.ask(question)
        assert (answer.method, outcome(writing)) == ("extractive", {"incomplete": 1})
    with generating(assistant, tmp_path, lambda *_: Script("请把简历发给 sunpeng@pjlab.org.cn[1]。"), keep_quotes=False) as (writing, _):
        assert writing.ask(question).text == "请把简历发给 sunpeng@pjlab.org.cn[1]。"


def test_a_list_keeps_its_rows_and_gains_an_opening(assistant, tmp_path):
    with generating(assistant, tmp_path, lambda *_: Script("There are 2 papers at ECCV [1].")) as (writing, heard):
        answer = writing.ask(LIST)
    plain = assistant.ask(LIST)
    assert answer.text.startswith("There are 2 papers at ECCV[1].\n会议/期刊: ECCV workshop 2024")
    assert answer.text.split("\n", 1)[1] == plain.text.removeprefix("2 found: ")
    assert (answer.items, answer.citations) == (plain.items, plain.citations)
    assert json.loads(heard.requests[0]["messages"][1]["content"])["rows"] == 2


@pytest.mark.parametrize(
    "said",
    [
        "There are 3 papers at ECCV [1].", "There are three papers at ECCV [1].", "There are papers at ECCV [1].",
        "There are 2 papers at NeurIPS [1].", "There are 2 papers at ECCV.", "There are 2 papers and 5 talks at ECCV [1].",
    ],
)  # fmt: skip
def test_a_wrong_opening_leaves_the_list_as_it_was(said, assistant, tmp_path):
    with generating(assistant, tmp_path, lambda *_: Script(said)) as (writing, _):
        answer = writing.ask(LIST)
    assert answer == assistant.ask(LIST)


def test_what_is_not_there_is_decided_before_the_model_is_asked(assistant, tmp_path):
    with generating(assistant, tmp_path, honest) as (writing, heard):
        assert writing.ask(UNANSWERABLE) == assistant.ask(UNANSWERABLE)
    assert heard.requests == []


def test_unsupported_sentences_are_dropped_and_counted(assistant, tmp_path):
    def mixed(data, _):
        return Script(f"导师是孙鹏[1]。导师是慕容雪莹[1]。{truths(data)[0]}")

    with generating(assistant, tmp_path, mixed) as (writing, _):
        answer = writing.ask(FACT)
        counts = writing.wording_counts()
    assert answer.method == "generated"
    assert "慕容雪莹" not in answer.text
    assert counts["sentences_dropped", "words"] + counts.get(("sentences_dropped", "name"), 0) == 1
    assert counts["sentences_kept", ""] == 2


FAILURES = {
    "timeout before it begins": (Script("导师是孙鹏[1]。", wait_s=8), "timeout"),
    "timeout between pieces": (Script("导师是孙鹏[1]。" * 9, pause_s=0.4), "timeout"),
    "cut off in the middle": (Script("导师是孙鹏[1]。导师是孙鹏[1]。", break_after=2), "broken"),
    "too many requests": (Script(status=429), "overloaded"),
    "out of order": (Script(status=503), "overloaded"),
    "broken inside": (Script(status=500), "status"),
    "wrong key": (Script(status=401), "status"),
    "not there": (Script(status=404, raw=b"<html>no</html>"), "status"),
    "no stream": (Script(raw=b"<html>hello</html>\n\n"), "broken"),
    "no JSON": (Script(raw=b"data: {oops\n\n"), "malformed"),
    "other JSON": (Script(raw=b'data: {"choices": "yes"}\n\n'), "malformed"),
    "a list": (Script(raw=b'data: [1, 2]\n\n'), "malformed"),
    "half a chunk": (Script(raw=b'data: {"choices": [{"index": 0}]}\n\n'), "broken"),
    "text that is none": (Script(raw=b'data: {"choices": [{"delta": {"content": {"a": 1}}}]}\n\n'), "malformed"),
    "an error in the stream": (Script(raw=b'data: {"error": {"message": "out of memory"}}\n\n'), "malformed"),
    "nothing": (Script(""), "unsupported"),
    "no citation": (Script("导师是孙鹏。"), "unsupported"),
    "a refusal in words": (Script("抱歉，我无法回答。"), "unsupported"),
    "a refusal": (Script(delta={"refusal": "I cannot help with that."}), "refused"),
    "a filter": (Script("导师是孙鹏[1]。", finish="content_filter"), "refused"),
    "a tool": (
        Script(delta={"tool_calls": [{"index": 0, "id": "x", "function": {"name": "rm", "arguments": "{}"}}]}), "malformed",
    ),
    "torn by its length": (Script("导师是孙鹏 [1]", finish="length"), "unsupported"),
    "more lies than truths": (Script("导师是孙鹏[1]。导师是慕容雪莹[1]。宿舍免费[1]。"), "unreliable"),
    "endless": (Script("导师是孙鹏[1]。" * 4000), "too-long"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_whatever_the_server_does_the_extractive_answer_is_given(name, assistant, tmp_path):
    script, reason = FAILURES[name]
    with generating(assistant, tmp_path, lambda *_: script, timeout_s=2) as (writing, _):
        answer = writing.ask(FACT)
        assert outcome(writing) in ({reason: 1}, {"generated": 1} if name == "endless" else {reason: 1})
    if name != "endless":
        assert answer == assistant.ask(FACT)
        assert answer.method == "extractive"
    assert len(answer.text) <= 1200


def test_a_server_that_is_not_there_costs_nothing_but_the_words(assistant, tmp_path):
    with scripted_model(honest) as (url, _):
        pass  # its port is free now
    model = LanguageModelSettings(base_url=url, model="m", ledger=tmp_path / "l.db")
    writing = with_model(assistant, model)
    assert writing.ask(FACT) == assistant.ask(FACT)
    assert outcome(writing) == {"unreachable": 1}


def test_drafts_grow_by_verified_sentences_before_the_answer_is_whole(assistant, tmp_path):
    drafts: list[Answer] = []
    said = "导师是孙鹏[1]。导师是慕容雪莹[1]。合作高校为上海交通大学或复旦大学[1]。"
    with generating(assistant, tmp_path, lambda *_: Script(said)) as (writing, _):
        answer = writing.ask(FACT, on_draft=drafts.append)
    assert [draft.text for draft in drafts] == [
        "导师是孙鹏[1]。", "导师是孙鹏[1]。合作高校为上海交通大学或复旦大学[1]。",
    ]  # fmt: skip
    assert all(answer.text.startswith(draft.text) for draft in drafts)


def test_a_reply_that_breaks_after_its_first_sentences_gives_way_to_the_quotes(assistant, tmp_path):
    drafts: list[Answer] = []
    script = Script("导师是孙鹏[1]。合作高校为上海交通大学或复旦大学[1]。导师是孙鹏[1]。", break_after=6)
    with generating(assistant, tmp_path, lambda *_: script) as (writing, _):
        answer = writing.ask(FACT, on_draft=drafts.append)
    assert drafts
    assert answer == assistant.ask(FACT)


def test_thinking_aloud_is_no_part_of_the_reply(assistant, tmp_path):
    said = "<think>导师是孙鹏[1]。我来想想。</think>\n导师是孙鹏[1]。"
    with generating(assistant, tmp_path, lambda *_: Script(said)) as (writing, _):
        drafts: list[Answer] = []
        writing.ask(FACT, on_draft=drafts.append)
    assert [draft.text for draft in drafts] == ["导师是孙鹏[1]。"]


def test_the_key_comes_from_the_environment_and_goes_only_into_the_header(assistant, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_MODEL_KEY", "sk-secret")
    with generating(assistant, tmp_path, honest, api_key_env="TEST_MODEL_KEY") as (writing, heard):
        writing.ask(FACT)
    assert heard.headers[0]["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in json.dumps(heard.requests)


def test_a_key_that_is_not_set_is_told_at_the_start(monkeypatch):
    monkeypatch.delenv("TEST_MODEL_KEY", raising=False)
    model = LanguageModelSettings(base_url="http://localhost:1/v1", model="m", api_key_env="TEST_MODEL_KEY")
    with pytest.raises(SettingsError, match="TEST_MODEL_KEY is not set"):
        LanguageModel.load(model)


def test_without_the_package_the_error_carries_the_pip_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(OptionalPackageMissing, match="pip install openai"):
        LanguageModel.load(LanguageModelSettings(base_url="http://localhost:1/v1", model="m"))


def test_questions_a_minute_are_limited(assistant, tmp_path):
    with generating(assistant, tmp_path, honest, questions_per_minute=2) as (writing, heard):
        methods = [writing.ask(FACT).method for _ in range(4)]
    assert methods == ["generated", "generated", "extractive", "extractive"]
    assert len(heard.requests) == 2


def test_spend_a_day_is_limited_and_survives_a_restart(assistant, tmp_path):
    prices = {"price_per_million_input_tokens": 1000, "price_per_million_output_tokens": 1000, "spend_per_day": 3.0}
    for _ in range(2):  # 100 and 50 tokens are billed: 0.15 a question, up to about 2 are set aside
        with generating(assistant, tmp_path, honest, max_tokens=2000, **prices) as (writing, heard):
            for _ in range(8):
                writing.ask(FACT)
        asked = outcome(writing)
    assert 5 <= asked["generated"] <= 12
    assert asked["exhausted"] == 16 - asked["generated"]


def test_tokens_a_question_shorten_the_evidence_and_the_reply(assistant, tmp_path):
    with generating(assistant, tmp_path, honest, max_tokens=900) as (writing, heard):
        writing.ask("怎么联系你们？")
    [request] = heard.requests
    prompt = "".join(message["content"] for message in request["messages"])
    assert request["max_tokens"] + len(prompt.encode()) // 4 < 900


def test_a_ledger_that_cannot_be_written_is_told_at_the_start(assistant, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SettingsError, match="ledger"), generating(assistant, tmp_path, honest, ledger=blocked / "l.db"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_ledger_that_becomes_unwritable_grants_nothing(assistant, tmp_path):
    with generating(assistant, tmp_path, honest) as (writing, heard):
        (tmp_path / "ledger.db").chmod(0)
        assert writing.ask(FACT) == assistant.ask(FACT)
    assert heard.requests == []


def test_the_settings_alone_turn_it_on(settings, tmp_path):
    with scripted_model(honest) as (url, heard):
        model = LanguageModelSettings(base_url=url, model="scripted", ledger=tmp_path / "l.db")
        writing = load_assistant(settings.model_copy(update={"answer": AnswerSettings(language_model=model)}))
        assert writing.ask(FACT).method == "generated"
    assert heard.requests[0]["model"] == "scripted"


def test_opening_in_the_language_of_the_question(assistant, tmp_path):
    with generating(assistant, tmp_path, lambda data, _: Script(opening(data, data["rows"]))) as (writing, _):
        assert writing.ask("ECCV 上有哪些论文？").text.startswith("共有 2 条[1]。\n")
