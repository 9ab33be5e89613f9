"""The chat page: questions and answers of every kind."""

import re

from conftest import ask
from lab import JOINT, PAPERS
from playwright.sync_api import expect


def test_first_visit_offers_examples_that_can_be_asked(open_page):
    page = open_page()
    expect(page.locator(".example")).to_have_count(4)
    page.click(".example >> nth=0")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".welcome")).to_be_hidden()


def test_a_list_is_shown_as_rows_with_a_citation_each(open_page):
    page = open_page()
    ask(page, "有哪些论文？")
    expect(page.locator("tbody tr")).to_have_count(len(PAPERS))
    expect(page.locator("thead th")).to_have_text(["会议/期刊", "论文"])
    expect(page.locator(".text")).to_have_text("共 5 条")
    expect(page.locator("tbody .mark")).to_have_text(list("12345"))


def test_a_quoted_sentence_carries_its_mark_and_its_source(open_page):
    page = open_page()
    ask(page, "联合培养怎么申请？")
    expect(page.locator(".text .mark")).to_have_text(["1", "2"])
    source = page.locator(".source").first
    expect(source.locator("blockquote")).to_have_text(JOINT)
    href = source.locator("a.title").get_attribute("href")
    assert href.startswith("https://lab.example/index.html#id3:~:text=")
    assert source.locator("a.title").get_attribute("rel") == "noopener"
    expect(source.locator(".file")).to_have_text("index.rst:41")


def test_a_mark_leads_to_its_source_even_a_folded_one(open_page):
    page = open_page()
    ask(page, "有哪些论文？")
    expect(page.locator('.source[data-number="5"]')).to_be_hidden()
    page.click("tbody .mark >> nth=4")
    expect(page.locator('.source[data-number="5"]')).to_be_visible()
    assert (
        page.evaluate(
            "() => document.querySelector('lab-assistant').shadowRoot.activeElement.closest('.source').dataset.number"
        )
        == "5"
    )


def test_a_source_opens_in_its_context_with_the_quote_marked(open_page):
    page = open_page()
    ask(page, "联合培养怎么申请？")
    page.click(".source >> nth=0 >> .quiet-link")
    expect(page.locator("dialog mark")).to_have_text(JOINT)
    expect(page.locator("dialog .context")).to_contain_text("2025 年的名额已满。")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_source_that_is_gone_still_shows_its_quote(open_page, visit):
    visit.expected.append("404")
    page = open_page()
    ask(page, "有哪些论文？")
    page.click(".source >> nth=0 >> .quiet-link")
    expect(page.locator("dialog mark")).to_contain_text("Fisheye-GS")
    expect(page.locator("dialog .gone")).to_be_visible()


def test_mail_addresses_and_links_can_be_followed(open_page):
    page = open_page()
    ask(page, "孙鹏的联系方式是什么？")
    expect(page.locator("td a")).to_have_attribute("href", "mailto:sunpeng@pjlab.org.cn")
    expect(page.locator(".text")).to_have_text("")


def test_what_the_documents_do_not_say_is_said_so(open_page):
    page = open_page()
    ask(page, "食堂几点开门？")
    expect(page.locator(".unanswered-label")).to_have_text("文档里没有查到")
    expect(page.locator(".cited-sources h3")).to_have_text("相近的页面")
    expect(page.locator(".text a")).to_have_attribute("href", "mailto:sunpeng@pjlab.org.cn")
    expect(page.locator(".text .mark")).to_have_count(0)


def test_earlier_questions_are_sent_along(open_page):
    page = open_page()
    ask(page, "ECCV 上有哪些论文？")
    with page.expect_request("**/ask") as sent:
        ask(page, "第一篇讲什么？")
    assert sent.value.post_data_json == {
        "question": "第一篇讲什么？",
        "history": ["ECCV 上有哪些论文？"],
        "language": "auto",
    }


def test_a_suggestion_is_asked_by_one_press_and_goes_with_the_next_answer(open_page):
    page = open_page()
    ask(page, "ECCV 上有哪些论文？")
    page.click(".chip >> nth=0")
    expect(page.locator(".question")).to_have_text(["ECCV 上有哪些论文？", "SKVQ 这篇论文讲什么？"])
    expect(page.locator(".turn:first-child .suggestions")).to_be_hidden()


def test_the_conversation_stays_in_this_browser_until_it_is_cleared(open_page):
    page = open_page()
    ask(page, "ECCV 上有哪些论文？")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.click("button[title='清空对话']")
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_shared_link_asks_its_question_once(open_page, lab):
    page = open_page(f"{lab.url}?q=ECCV%20papers")
    expect(page.locator(".question")).to_have_text("ECCV papers")
    page.wait_for_selector(".tools")
    page.reload()
    page.wait_for_selector(".tools")
    expect(page.locator(".turn")).to_have_count(1)


def test_answer_and_link_can_be_copied(open_page, lab):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "ECCV 上有哪些论文？")
    page.click(".tool >> nth=0")
    expect(page.get_by_role("status").first).to_have_text("回答已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("共 2 条：Fisheye-GS")
    assert "[2] DeepLink 研究组 — https://lab.example/index.html#id4" in copied
    page.click(".tool >> nth=1")
    expect(page.get_by_role("status").first).to_have_text("链接已复制。")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"{lab.url}?q=ECCV%20")


def test_an_address_is_copied_by_one_press(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "孙鹏的联系方式是什么？")
    page.click(".copy-address")
    expect(page.get_by_role("status").first).to_have_text("sunpeng@pjlab.org.cn 已复制。")
    assert page.evaluate("navigator.clipboard.readText()") == "sunpeng@pjlab.org.cn"
    ask(page, "食堂几点开门？")
    expect(page.get_by_role("button", name="复制 sunpeng@pjlab.org.cn")).to_have_count(2)


def test_an_answer_is_judged_with_a_reason_and_a_note(open_page):
    page = open_page()
    ask(page, "联合培养怎么申请？")
    page.get_by_role("button", name="没有帮助").click()
    form = page.get_by_role("group", name="哪里不对？")
    form.get_by_role("button", name="已过时").click()
    expect(form.get_by_role("button", name="已过时")).to_have_attribute("aria-pressed", "true")
    form.get_by_role("textbox").fill("名额已满")
    with page.expect_response("**/feedback") as sent:
        form.get_by_role("button", name="提交").click()
    judgement = sent.value.request.post_data_json
    assert (sent.value.status, judgement["reason"], judgement["note"]) == (201, "outdated", "名额已满")
    expect(page.locator(".told")).to_have_text("谢谢，已转给网站维护者。")
    expect(form).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="没有帮助")).to_have_attribute("aria-pressed", "true")


def test_a_judgement_that_is_not_taken_can_be_sent_again(open_page, visit):
    visit.expected.append("503")
    page = open_page()
    ask(page, "联合培养怎么申请？")
    page.route("**/feedback", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_role("button", name="没有帮助").click()
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".told")).to_contain_text("没有提交成功")
    page.unroute("**/feedback")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="哪里不对？")).to_have_count(0)
    page.get_by_role("button", name="有帮助", exact=True).click()
    expect(page.get_by_role("button", name="有帮助", exact=True)).to_have_attribute("aria-pressed", "true")


def test_the_language_of_the_page_can_be_changed(open_page):
    page = open_page(locale="en-US")
    expect(page.locator("h1")).to_have_text("Lab Assistant")
    ask(page, "what papers were at ECCV?")
    page.click(".language")
    expect(page.locator("h1")).to_have_text("实验室助手")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.reload()
    expect(page.locator("h1")).to_have_text("实验室助手")


def test_both_languages_have_the_same_words(lab):
    zh, en = (lab.get(f"/locales/{name}.json").json for name in ("zh", "en"))
    assert list(zh) == list(en)
    assert [set(re.findall(r"\{\w+\}", text)) for text in zh.values()] == [
        set(re.findall(r"\{\w+\}", text)) for text in en.values()
    ]


def test_the_documentation_of_the_api_is_readable(open_page, lab, browser, visit):
    page = browser.new_page()
    visit.watch(page, (lab.url,))
    page.goto(f"{lab.url}docs")
    expect(page.locator("section#ask h2")).to_contain_text("POST /ask")
    expect(page.locator("section#ask pre")).to_contain_text("curl")
    expect(page.locator("section#feedback pre")).to_contain_text('{"answer":"0123456789abcdef","helpful":true}')
    expect(page.locator("section#AnswerOut")).to_contain_text("citations")
    page.close()
