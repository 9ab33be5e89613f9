"""Nothing that a question, a document or a server says becomes markup or script."""

import json

from conftest import answer_with, ask
from lab import XSS
from playwright.sync_api import expect

CORPUS = (
    XSS,
    '"><svg onload=window.hacked=1>',
    "javascript:window.hacked=1",
    "<a href='javascript:window.hacked=1'>x</a>",
    "[x](javascript:window.hacked=1)",
    "{{constructor.constructor('window.hacked=1')()}}",
    "<lab-assistant data-title=x></lab-assistant>",
    "\u202e<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "</script><script>window.hacked=1</script>",
    "data:text/html,<script>window.hacked=1</script>",
)
INJECTED = "img, script, iframe, svg[onload], lab-assistant lab-assistant, [onerror], [onclick]"


def assert_harmless(page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("lab-assistant").locator(INJECTED).count() == 0
    hrefs = page.locator("lab-assistant a[href]").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))")
    assert [href for href in hrefs if not href.startswith(("http://", "https://", "mailto:"))] == []


def test_a_question_is_only_text(open_page):
    page = open_page()
    for text in CORPUS:
        ask(page, text)
        expect(page.locator(".question").last).to_have_text(text)
        assert_harmless(page)


def test_answers_rows_titles_quotes_and_suggestions_are_only_text(open_page):
    page = open_page()
    ask(page, "xss")
    expect(page.locator(".source .title").first).to_contain_text("<img src=x")
    assert_harmless(page)
    page.click(".quiet-link >> nth=1")
    page.wait_for_selector("dialog .passage")
    assert_harmless(page)
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(".tools")
    assert_harmless(page)


def test_a_stream_is_only_text_at_every_step(open_page):
    page = open_page()
    for text in CORPUS:
        halves = [text[: len(text) // 2], text[len(text) // 2 :]]
        events = [("meta", {"kind": "fact", "language": "en"}), *[("delta", {"text": half}) for half in halves]]
        body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        answer_with(page, content_type="text/event-stream", body=body)
        ask(page, "hello")
        assert_harmless(page)
        page.unroute("**/ask")


def test_a_shared_link_is_only_text(open_page, lab):
    page = open_page(f"{lab.url}?q=%3Cimg%20src%3Dx%20onerror%3D%22window.hacked%3D1%22%3E")
    page.wait_for_selector(".tools")
    assert_harmless(page)


def test_attributes_of_the_host_are_only_text(open_page, site, lab):
    url = site.write(
        "attributes.html",
        f"""<script defer src="{lab.url}widget.js"
        data-title='&lt;img src=x onerror="window.hacked=1"&gt;' data-color="red;background:url(javascript:1)"
        data-examples="<img src=x onerror='window.hacked=1'>|b"></script>""",
    )
    page = open_page(url)
    page.click(".launcher")
    expect(page.locator(".example").first).to_contain_text("<img")
    assert_harmless(page)
