"""Keyboard, input methods, screen readers, and every size and theme."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ask
from playwright.sync_api import Page, expect

THEMES = ("light", "dark")
LOCALES = ("zh-CN", "en-US")
QUESTIONS = {
    "zh-CN": ("有哪些论文？", "联合培养怎么申请？", "孙鹏的联系方式是什么？", "食堂几点开门？"),
    "en-US": ("Which papers are there?", "How does the joint PhD work?", "孙鹏?", "Is there parking?"),
}


def assert_accessible(page: Page) -> None:
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish?.())")
    page.wait_for_timeout(100)
    results = Axe().run(page)
    found = [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in results.response["violations"]]
    assert found == []


@pytest.mark.parametrize("scheme", THEMES)
@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_has_no_accessibility_violation(open_page, scheme, locale):
    page = open_page(scheme=scheme, locale=locale, reduced_motion="reduce")
    page.wait_for_selector(".example")
    assert_accessible(page)
    for question in QUESTIONS[locale]:
        ask(page, question)
    page.locator(".turn:nth-child(2) .thumb").last.click()
    page.locator(".reasons .chip").first.click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.click(".turn:nth-child(2) .quiet-link >> nth=0")
    page.wait_for_selector("dialog mark")
    assert_accessible(page)


@pytest.mark.parametrize("scheme", THEMES)
def test_the_states_have_no_accessibility_violation(open_page, visit, scheme):
    visit.expected += ["500", "429", "ERR_FAILED"]
    page = open_page(scheme=scheme, reduced_motion="reduce")
    ask(page, "boom")
    page.route("**/ask", lambda route: route.abort())
    ask(page, "hello")
    page.unroute("**/ask")
    ask(page, "slow", wait=False)
    page.wait_for_selector(".skeleton")
    assert_accessible(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_panel_on_a_host_page_has_no_violation(open_page, site, lab, width):
    script = f'<script defer src="{lab.url}widget.js"></script>'
    url = site.write("axe.html", f"<main><h1>Lab</h1></main>{script}")
    page = open_page(url, width=width, reduced_motion="reduce")
    assert_accessible(page)
    page.click(".launcher")
    ask(page, "有哪些论文？")
    assert_accessible(page)


def test_the_documentation_has_no_violation(browser, lab):
    page = browser.new_page()
    page.goto(f"{lab.url}docs")
    page.wait_for_selector("section#ask")
    assert_accessible(page)
    page.close()


def test_everything_can_be_done_with_the_keyboard(open_page):
    page = open_page()
    page.wait_for_selector(".example")
    for _ in range(10):
        page.keyboard.press("Tab")
        if (
            page.evaluate("() => document.querySelector('lab-assistant').shadowRoot.activeElement?.className")
            == "example"
        ):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".tools")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("() => document.querySelector('lab-assistant').shadowRoot.activeElement?.className ?? ''")
        )
    assert {"mark", "title", "quiet-link", "tool", "chip", "send", "language"} <= reached


def test_the_answer_is_announced(open_page):
    page = open_page()
    ask(page, "ECCV 上有哪些论文？")
    expect(page.get_by_role("status").first).to_contain_text("回答： 共 2 条：Fisheye-GS")


def test_enter_while_composing_chinese_does_not_send(open_page):
    page = open_page()
    client = page.context.new_cdp_session(page)
    page.focus("textarea")
    client.send("Input.imeSetComposition", {"text": "lunwen", "selectionStart": 6, "selectionEnd": 6})
    page.evaluate(
        """() => document.querySelector('lab-assistant').shadowRoot.querySelector('textarea').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, composed: true }))"""
    )
    client.send("Input.insertText", {"text": "论文"})
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("textarea")).to_have_value("论文")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("论文")


def test_enter_right_after_a_composition_does_not_send(open_page):
    page = open_page()
    page.fill("textarea", "论文")
    page.evaluate(
        """() => { const field = document.querySelector('lab-assistant').shadowRoot.querySelector('textarea');
        field.dispatchEvent(new CompositionEvent('compositionend', { data: '论文' }));
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })); }"""
    )
    expect(page.locator(".turn")).to_have_count(0)


def test_shift_enter_makes_a_line(open_page):
    page = open_page()
    page.locator("textarea").press_sequentially("a")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("b")
    expect(page.locator("textarea")).to_have_value("a\nb")
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_nothing_is_wider_than_the_window(open_page, width):
    page = open_page(width=width, height=700, touch=width < 500)
    for question in QUESTIONS["zh-CN"]:
        ask(page, question)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "nodes => nodes.filter(n => n.getBoundingClientRect().right > innerWidth + 1).map(n => n.className)"
    assert page.locator("lab-assistant :is(p, td, a, button, blockquote, h3)").evaluate_all(inside) == []


def test_the_panel_fills_a_phone(open_page, site, lab):
    url = site.write("phone.html", f'<script defer src="{lab.url}widget.js"></script>')
    page = open_page(url, width=360, height=740, touch=True)
    page.click(".launcher")
    page.wait_for_timeout(300)
    box = page.locator(".panel").bounding_box()
    assert (round(box["width"]), round(box["height"])) == (360, 740)
    expect(page.locator(".launcher")).to_be_hidden()


def test_reduced_motion_is_respected(open_page):
    page = open_page(reduced_motion="reduce")
    ask(page, "slow", wait=False)
    page.wait_for_selector(".bone")
    assert page.locator(".bone").first.evaluate("n => getComputedStyle(n).animationName") == "none"


def test_chinese_is_set_with_room_between_lines(open_page):
    page = open_page()
    ask(page, "联合培养怎么申请？")
    ratio = "n => parseFloat(getComputedStyle(n).lineHeight) / parseFloat(getComputedStyle(n).fontSize)"
    assert page.locator(".text p").first.evaluate(ratio) >= 1.7


def test_paper_shows_the_answers_alone(open_page):
    page = open_page()
    ask(page, "联合培养怎么申请？")
    page.emulate_media(media="print")
    expect(page.locator(".composer")).to_be_hidden()
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".text")).to_be_visible()
