"""Pictures of every state, kept for people to look at; the README's among them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PICTURES, ask
from playwright.sync_api import Page

LOOKS = [("zh-CN", "light"), ("zh-CN", "dark"), ("en-US", "light"), ("en-US", "dark")]
SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
README_PICTURE = Path(__file__).resolve().parents[2] / "docs" / "screenshot.png"
QUESTIONS = {
    "zh-CN": {"list": "ECCV 上有哪些论文？", "facts": "联合培养怎么申请？", "person": "孙鹏的联系方式是什么？", "none": "食堂几点开门？"},
    "en-US": {"list": "What papers were at ECCV?", "facts": "How does the joint PhD work?", "person": "孙鹏?", "none": "Is there parking?"},
}  # fmt: skip


def picture(page: Page, name: str) -> None:
    page.wait_for_timeout(350)
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


@pytest.mark.parametrize("size", SIZES)
def test_the_widget_on_a_site(open_page: Callable[..., Page], site, lab, size: str) -> None:
    width, height = SIZES[size]
    text = "我们研究面向大规模深度学习训练的编译、系统与高性能计算。" * 6
    url = site.write(
        "look.html",
        f"""<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>课题组</title><style>body {{ font: 16px/1.8 serif; max-width: 44em; margin: 3em auto; padding: 0 1em }}</style>
        <body><h1>课题组</h1><p>{text}</p><p>{text}</p>
        <script defer src="{lab.url}widget.js" data-title="问问课题组"></script></body></html>""",
    )
    page = open_page(url, width=width, height=height, touch=size == "phone")
    picture(page, f"widget-{size}-closed")
    page.click(".launcher")
    page.wait_for_selector(".example")
    picture(page, f"widget-{size}-open")
    ask(page, "ECCV 上有哪些论文？")
    picture(page, f"widget-{size}-list")
