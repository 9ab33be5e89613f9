"""A tab that stays open all day: what an assistant holds on to after 200 questions."""

from playwright.sync_api import Page

QUESTIONS = 200
MAX_GROWTH_MB = 8  # 200 answers as nodes take about 4
_ASK = """async ([question, count]) => {
  const assistant = document.querySelector('lab-assistant');
  for (let asked = 0; asked < count; asked += 1) await assistant.ask(question);
}"""


def heap_mb(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    session.detach()
    return used


def counted(page: Page) -> dict[str, int]:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    session.detach()
    return counters


def test_200_questions_are_held_and_a_cleared_conversation_is_let_go(open_page):
    page = open_page(reduced_motion="reduce")
    page.evaluate(_ASK, ["ECCV 上有哪些论文？", 5])
    page.click("button[title='清空对话']")
    before, nodes = heap_mb(page), counted(page)["nodes"]
    page.evaluate(_ASK, ["ECCV 上有哪些论文？", QUESTIONS])
    assert page.locator(".turn").count() == QUESTIONS
    assert heap_mb(page) - before < MAX_GROWTH_MB
    page.click("button[title='清空对话']")
    assert heap_mb(page) - before < 1
    assert counted(page)["nodes"] - nodes < 500
