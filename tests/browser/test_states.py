"""What a visitor sees while waiting and when something is wrong."""

import json

from conftest import answer_with, ask
from playwright.sync_api import expect


def stream(*events: tuple[str, object]) -> str:
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)


def test_waiting_is_drawn_and_can_be_stopped(open_page):
    page = open_page()
    ask(page, "slow 联合培养", wait=False)
    expect(page.locator(".skeleton")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("正在查找文档……")
    page.click("button[title='停止']")
    expect(page.locator(".stopped .note")).to_contain_text("已停止")
    expect(page.locator("button[title='发送']")).to_be_visible()


def test_a_slow_server_is_told_after_three_seconds_with_the_sites_own_search(open_page, lab):
    page = open_page()
    page.evaluate("document.querySelector('lab-assistant').dataset.search = '/search.html?q={q}'")
    ask(page, "slow 联合培养", wait=False)
    expect(page.locator(".slow")).to_be_visible(timeout=4000)
    expect(page.locator(".slow a")).to_have_attribute(
        "href", f"{lab.url}search.html?q=slow%20%E8%81%94%E5%90%88%E5%9F%B9%E5%85%BB"
    )
    page.wait_for_selector(".tools", timeout=6000)
    expect(page.locator(".slow")).to_have_count(0)


def test_a_new_question_gives_up_the_old_one(open_page):
    page = open_page()
    ask(page, "slow 联合培养", wait=False)
    page.wait_for_selector(".skeleton")
    page.fill("textarea", "ECCV 上有哪些论文？")
    page.press("textarea", "Enter")
    page.wait_for_selector(".turn:nth-child(2) .tools")
    expect(page.locator(".turn:first-child .note")).to_contain_text("已停止")


def test_a_rate_limit_counts_down_to_the_retry(open_page, visit):
    visit.expected.append("429")
    page = open_page()
    page.clock.install()
    body = json.dumps({"error": {"code": "rate-limited", "message": "x"}})
    answer_with(page, status=429, headers={"Retry-After": "12"}, content_type="application/json", body=body)
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator(".limited .note")).to_contain_text("12 秒")
    expect(page.locator(".retry")).to_be_disabled()
    page.clock.run_for(5000)
    expect(page.locator(".limited .note")).to_contain_text("7 秒")
    page.clock.run_for(8000)
    expect(page.locator(".retry")).to_be_enabled()
    page.unroute("**/ask")
    page.click(".retry")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_server_that_is_gone_is_told_and_can_be_tried_again(open_page, visit):
    visit.expected.append("ERR_FAILED")
    page = open_page()
    page.route("**/ask", lambda route: route.abort())
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator(".offline .note")).to_contain_text("连不上助手")
    expect(page.get_by_role("status").first).to_contain_text("连不上助手")
    page.unroute("**/ask")
    page.click(".retry")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_hosts_own_search_form_is_found(open_page, site, lab, visit):
    visit.expected.append("ERR_FAILED")
    search = '<form role="search" action="find/" method="get"><input type="search" name="words"></form>'
    url = site.write("search.html", f'{search}<script defer src="{lab.url}widget.js"></script>')
    page = open_page(url)
    page.route("**/ask", lambda route: route.abort())
    page.click(".launcher")
    ask(page, "招生 2025")
    link = page.get_by_role("link", name="改用站内搜索")
    expect(link).to_have_attribute("href", f"{site.origin}/find/?words=%E6%8B%9B%E7%94%9F+2025")


def test_a_server_that_falls_silent_is_given_up(open_page, visit):
    visit.expected.append("ERR_FAILED")
    page = open_page()
    page.clock.install()
    held = []
    page.route("**/ask", lambda route: held.append(route))
    ask(page, "hello", wait=False)
    page.wait_for_selector(".skeleton")
    page.clock.run_for(3100)
    expect(page.locator(".slow")).to_be_visible()
    page.clock.run_for(20_000)
    expect(page.locator(".offline .note")).to_contain_text("连不上助手")
    for route in held:
        route.abort()


def test_a_proxys_error_page_counts_as_offline(open_page, visit):
    visit.expected.append("502")
    page = open_page()
    answer_with(page, status=502, content_type="text/html", body="<h1>Bad gateway</h1>")
    ask(page, "hello")
    expect(page.locator(".offline .note")).to_contain_text("连不上助手")


def test_a_failure_is_told_without_its_inside(open_page, visit):
    visit.expected.append("500")
    page = open_page()
    ask(page, "boom")
    expect(page.locator(".failed .note")).to_contain_text("这次没能回答")
    assert "secret" not in page.content()


def test_a_server_without_an_index_is_told(open_page, visit):
    visit.expected.append("503")
    page = open_page()
    body = json.dumps({"error": {"code": "no-index", "message": "x"}})
    answer_with(page, status=503, content_type="application/json", body=body)
    ask(page, "hello")
    expect(page.locator(".note")).to_contain_text("还没有准备好")


def test_a_stream_that_breaks_off_is_not_taken_for_an_answer(open_page):
    page = open_page()
    answer_with(page, content_type="text/event-stream", body=stream(("meta", {}), ("delta", {"text": "half an "})))
    ask(page, "hello")
    expect(page.locator(".offline .note")).to_be_visible()


def test_an_error_in_the_stream_is_shown(open_page):
    page = open_page()
    error = ("error", {"error": {"code": "internal", "message": "x"}})
    answer_with(page, content_type="text/event-stream", body=stream(("meta", {}), ("delta", {"text": "half "}), error))
    ask(page, "hello")
    expect(page.locator(".failed .note")).to_be_visible()


def test_without_storage_the_conversation_goes_on(open_page, lab):
    page = open_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })")
    page.reload()
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator("tbody tr")).to_have_count(2)
