"""Pictures of every state, kept for people to look at; the README's among them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PICTURES, answer_with, ask
from playwright.sync_api import Browser, Page, expect
from serving import serving

from assistant.pipeline import build, load_assistant
from assistant.settings import Settings

LOOKS = [("zh-CN", "light"), ("zh-CN", "dark"), ("en-US", "light"), ("en-US", "dark")]
SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
README_PICTURE = Path(__file__).resolve().parents[2] / "docs" / "screenshot.png"
QUESTIONS = {
    "zh-CN": {
        "list": "ECCV 上有哪些论文？",
        "facts": "联合培养怎么申请？",
        "person": "孙鹏的联系方式是什么？",
        "none": "食堂几点开门？",
    },
    "en-US": {
        "list": "What papers were at ECCV?",
        "facts": "How does the joint PhD work?",
        "person": "孙鹏?",
        "none": "Is there parking?",
    },
}


def picture(page: Page, name: str) -> None:
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish?.())")
    page.wait_for_timeout(100)  # fonts
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
def test_the_page_in_every_look(open_page: Callable[..., Page], size: str, locale: str, scheme: str) -> None:
    width, height = SIZES[size]
    page = open_page(width=width, height=height, locale=locale, scheme=scheme, touch=size == "phone")
    page.wait_for_selector(".example")
    name = f"{size}-{locale[:2]}-{scheme}"
    picture(page, f"{name}-welcome")
    for kind, question in QUESTIONS[locale].items():
        ask(page, question)
        picture(page, f"{name}-{kind}")
    page.locator(".turn").nth(1).locator(".quiet-link").first.click()
    page.wait_for_selector("dialog mark")
    picture(page, f"{name}-context")


@pytest.mark.parametrize(
    ("size", "locale", "scheme"),
    [("phone", *LOOKS[0]), ("desktop", *LOOKS[1]), ("desktop", *LOOKS[2]), ("phone", *LOOKS[3])],
)
def test_every_state_that_is_no_answer(open_page: Callable[..., Page], visit, size, locale, scheme) -> None:
    visit.expected += ["429", "500", "ERR_FAILED"]
    width, height = SIZES[size]
    page = open_page(
        width=width, height=height, locale=locale, scheme=scheme, touch=size == "phone", reduced_motion="reduce"
    )
    page.evaluate("document.querySelector('lab-assistant').dataset.search = '/search.html?q={q}'")
    name = f"{size}-{locale[:2]}-{scheme}"
    ask(page, QUESTIONS[locale]["facts"])
    page.locator(".thumb").last.click()
    page.locator(".reasons .chip").nth(2).click()
    picture(page, f"{name}-feedback")
    page.locator(".form-actions button").first.click()
    page.wait_for_selector(".told")
    ask(page, "boom")
    picture(page, f"{name}-failed")
    page.route("**/ask", lambda route: route.abort())
    ask(page, "hello")
    picture(page, f"{name}-offline")
    page.unroute("**/ask")
    limited = '{"error": {"code": "rate-limited", "message": "x"}}'
    answer_with(page, status=429, headers={"Retry-After": "12"}, content_type="application/json", body=limited)
    ask(page, "hello")
    picture(page, f"{name}-limited")
    page.unroute("**/ask")
    page.clock.install()
    ask(page, "slow", wait=False)
    page.wait_for_selector(".skeleton")
    page.clock.run_for(3100)
    page.wait_for_selector(".slow")
    picture(page, f"{name}-slow")
    page.locator(".send.stop").click()
    page.wait_for_selector(".stopped .note")
    picture(page, f"{name}-stopped")


@pytest.mark.parametrize("size", SIZES)
def test_the_widget_on_a_site(open_page: Callable[..., Page], site, lab, size: str) -> None:
    width, height = SIZES[size]
    text = "我们研究面向大规模深度学习训练的编译、系统与高性能计算。" * 6
    style = "<style>body { font: 16px/1.8 serif; max-width: 44em; margin: 3em auto; padding: 0 1em }</style>"
    script = f'<script defer src="{lab.url}widget.js" data-title="问问课题组"></script>'
    url = site.write("look.html", f"<h1>课题组</h1><p>{text}</p><p>{text}</p>{script}", head=style)
    page = open_page(url, width=width, height=height, touch=size == "phone")
    picture(page, f"widget-{size}-closed")
    page.click(".launcher")
    page.wait_for_selector(".example")
    picture(page, f"widget-{size}-open")
    ask(page, "ECCV 上有哪些论文？")
    picture(page, f"widget-{size}-list")


def test_the_default_corpus_answers_on_the_page(browser: Browser, corpus: Path, tmp_path: Path) -> None:
    """The README's picture: remove it, and this test takes a new one."""
    settings = Settings(corpus={"path": corpus}, index={"path": tmp_path})
    build(settings)
    assistant = load_assistant(settings)
    with serving(lambda: assistant) as client:
        page = browser.new_page(
            viewport={"width": 1000, "height": 820}, device_scale_factor=1.5, locale="en-US", color_scheme="light"
        )
        page.goto(client.url)
        page.wait_for_selector(".example")
        ask(page, "what papers were at ECCV?")
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody")).to_contain_text("Fisheye-GS")
        expect(page.locator("tbody")).to_contain_text("PackMamba")
        picture(page, "readme")
        page.locator(".quiet-link").first.click()
        expect(page.locator("dialog mark")).to_contain_text("Fisheye-GS")
        page.close()
    if not README_PICTURE.exists():
        README_PICTURE.parent.mkdir(exist_ok=True)
        README_PICTURE.write_bytes((PICTURES / "readme.png").read_bytes())
