"""Answers that are given again: the same to the byte, of the same generation and day, within bounds."""

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from changing import QUESTION, change, small_lab
from serving import Client, serving

from assistant.live import LiveAssistant
from assistant.pipeline import Assistant, build, load_assistant
from assistant.recalling import AnswerCache, AnswerMemory, memory_of
from assistant.schema import Answer, Question
from assistant.settings import AnswerSettings, Settings

DATA = Path(__file__).resolve().parent / "data"
MEGABYTE = 2**20


def question(text: str, *history: str) -> Question:
    return Question(text, history, "en")


@dataclass
class Finder:
    """Answers with the question; notes what it was asked, and does ``before`` each time."""

    before: Callable[[Question], None] = lambda asked: None
    asked: list[Question] = field(default_factory=list)

    def __call__(self, asked: Question) -> Answer:
        self.asked.append(asked)
        self.before(asked)
        return Answer(asked, True, "fact", f"You asked {asked.text}", (), (), (), 0.9, "extractive")


def cache_over(finder: Finder, *, most: int = 100, most_bytes: int = MEGABYTE, **options: object) -> AnswerCache:
    return AnswerMemory(most=most, most_bytes=most_bytes, **options).cache_of(finder)


def test_the_same_question_is_answered_once_and_any_other_anew():
    finder = Finder()
    cache = cache_over(finder)
    different = [
        question("who?"), question("Who?"), question("who?", "where?"), question("who?", "where?", "when?"),
        question("who?", "when?", "where?"), replace(question("who?"), language="zh"),
    ]  # fmt: skip
    for _ in range(3):
        assert [cache(asked).question for asked in different] == different
    assert finder.asked == different
    assert (cache.use().misses, cache.use().hits, cache.use().entries) == (6, 12, 6)


def test_an_answer_is_of_its_day():
    today = [date(2026, 12, 31)]
    finder = Finder()
    cache = cache_over(finder, today=lambda: today[0])
    for _ in range(2):
        cache(question("is it still open?"))
    assert len(finder.asked) == 1
    today[0] = date(2027, 1, 1)
    cache(question("is it still open?"))
    assert len(finder.asked) == 2


def test_of_too_many_those_asked_last_are_kept():
    finder = Finder()
    cache = cache_over(finder, most=3)
    for text in ("a", "b", "c", "a", "d", "a", "b"):
        cache(question(text))
    assert [asked.text for asked in finder.asked] == ["a", "b", "c", "d", "b"]
    assert cache.use().entries == 3


def test_what_is_kept_has_a_size():
    finder = Finder()
    cache = cache_over(finder, most_bytes=50_000)
    for number in range(200):
        cache(question(f"{number} " + "long " * 90))
    use = cache.use()
    assert 10 < use.entries < 60 and use.size <= 50_000
    cache(question("x" * 40_000))  # its answer is larger than everything together may be
    assert cache.use().size <= 50_000
    assert cache(question("x" * 40_000)).text.endswith("x") and len(finder.asked) == 202


def test_a_size_counts_all_that_an_answer_holds(assistant: Assistant):
    listed = assistant.ask("what papers were at ECCV?")
    text = json.dumps(asdict(listed), ensure_ascii=False)
    assert len(text) / 2 < memory_of(listed) < 20 * len(text)
    longer = memory_of(replace(listed, text=listed.text + "x" * 1000)) - memory_of(listed)
    assert 1000 <= longer <= 4000  # one to four bytes a character, by the widest in the text


def test_two_who_ask_the_same_at_once_have_it_found_once():
    others, found = threading.Event(), threading.Event()

    def wait(asked: Question) -> None:
        if asked.text == "slow":
            others.set()
            assert found.wait(20)

    finder = Finder(wait)
    cache = cache_over(finder)
    with ThreadPoolExecutor(5) as pool:
        same = [pool.submit(cache, question("slow")) for _ in range(4)]
        assert others.wait(20)
        assert pool.submit(cache, question("quick")).result(20).text == "You asked quick"  # waits for nobody
        found.set()
        assert len({id(one.result(20)) for one in same}) == 1
    assert [asked.text for asked in finder.asked] == ["slow", "quick"]
    assert (cache.use().hits, cache.use().misses) == (3, 2)


def test_what_failed_for_one_is_tried_again_for_the_next():
    began, proceed = threading.Event(), threading.Event()

    def fail_first(_asked: Question) -> None:
        if not began.is_set():
            began.set()
            assert proceed.wait(20)
            raise RuntimeError("once")

    finder = Finder(fail_first)
    cache = cache_over(finder)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache, question("a"))
        assert began.wait(20)
        second = pool.submit(cache, question("a"))
        proceed.set()
        with pytest.raises(RuntimeError, match="once"):
            first.result(20)
        assert second.result(20).text == "You asked a"
    assert (cache.use().hits, cache.use().misses) == (0, 1)


def test_a_new_generation_begins_with_nothing(tmp_path: Path):
    settings = small_lab(tmp_path)
    build(settings)
    live = LiveAssistant(settings, every_s=3600)
    before = live()
    for _ in range(3):
        assert "Mondays" in live().ask(QUESTION).text
    use = live().cache_use()
    assert use is not None and (use.hits, use.misses, use.entries) == (2, 1, 1)
    change(settings, "Fridays")
    build(settings)
    live.refresh()
    use = live().cache_use()
    assert use is not None and (use.hits, use.misses, use.entries, use.size) == (2, 1, 0, 0)
    assert "Fridays" in live().ask(QUESTION).text
    assert "Mondays" in before.ask(QUESTION).text  # who still has the old one gets the old one's
    assert "Fridays" in live().ask(QUESTION).text


def test_words_of_a_language_model_are_not_kept(assistant: Assistant, settings: Settings):
    class Writer:
        asked = 0

        def write(self, answer: Answer, *, on_draft: object) -> Answer:
            self.asked += 1
            return replace(answer, text=f"Worded {self.asked}", method="generated")

    memory = AnswerMemory(most=10, most_bytes=MEGABYTE)
    worded = load_assistant(settings, memory=memory)
    worded._writer = Writer()  # a real one needs a server
    assert [worded.ask("ECCV").text for _ in range(2)] == ["Worded 1", "Worded 2"]
    assert worded.extract("ECCV") == assistant.ask("ECCV")


def timeless(body: bytes) -> bytes:
    """Return a body without the time that it took."""
    return re.sub(rb'"took_ms":[0-9.]+', b'"took_ms":0', body.replace(b" ", b""))


def development_questions() -> list[dict[str, object]]:
    cases = yaml.safe_load((DATA / "questions.yaml").read_text("utf-8"))
    return [{"question": case["question"], "history": case.get("history", [])} for case in cases]


def test_with_and_without_memory_the_bytes_are_the_same(settings: Settings):
    questions = development_questions()
    assert len(questions) > 50
    live = LiveAssistant(settings, every_s=3600)
    without = LiveAssistant(settings.model_copy(update={"answer": AnswerSettings(cache_entries=0)}), every_s=3600)
    with serving(live) as remembering, serving(without) as forgetting:
        anew = [timeless(forgetting.post("/ask", asked).body) for asked in questions]
        first = [timeless(remembering.post("/ask", asked).body) for asked in questions]
        again = [timeless(remembering.post("/ask", asked).body) for asked in questions]
        assert anew == first == again
        assert cache_lines(remembering) == {"hit": len(questions), "miss": len(questions)}
        assert cache_lines(forgetting) == {}
        assert without().cache_use() is None


def cache_lines(client: Client) -> dict[str, int]:
    found = re.findall(r'^assistant_answer_cache_total\{outcome="(\w+)"\} (\S+)', client.get("/metrics").body.decode(), re.M)
    return {outcome: int(float(count)) for outcome, count in found}


def test_journal_limits_and_metrics_see_every_question(settings: Settings, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/journal.db"
    live = LiveAssistant(settings, every_s=3600)
    with serving(live, journal_url=url, rate_limit="5/minute") as client:
        statuses = [client.get("/ask?q=ECCV").status for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        metrics = client.get("/metrics").body.decode()
        assert cache_lines(client) == {"hit": 4, "miss": 1}
        assert "assistant_answer_cache_entries 1.0" in metrics and "assistant_answer_seconds_count 5.0" in metrics
    with sa.create_engine(url).connect() as connection:
        assert connection.execute(sa.text("select count(*) from questions")).scalar() == 5
