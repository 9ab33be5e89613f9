"""The report from journal, assistant and documents: numbers, gaps, and nothing a visitor wrote acts."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from patience import soon
from serving import FakeAssistant

from assistant.journal import Feedback, Journal
from assistant.journal.nouns import AskedQuestion, Asking, Complaint
from assistant.reporting import charts
from assistant.reporting.gaps import find_gaps
from assistant.reporting.html import TEMPLATES, as_html
from assistant.reporting.making import make_report
from assistant.reporting.markdown import as_markdown
from assistant.reporting.nouns import Day, DocumentFindings, Finding, Gap, NearPage, Traffic, WebmasterReport
from assistant.reporting.traffic import count_traffic
from assistant.reporting.wording import load_words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOTHING = DocumentFindings((), (), (), (), (), (), ())
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}{% include 'login.html' %}",
    "[a](javascript:alert(1)) ![b](http://evil.example/x.png)", "| a | b |\n|---|---|\n# head", "\x1b[31mred\x07",
    "\u202egnp.exe", "' onmouseover='alert(1)", "</title></svg></style><style>*{}", "<!-- -->", "http://evil.example",
)  # fmt: skip


def question(text: str, times: int = 1, answered: int = 0) -> AskedQuestion:
    return AskedQuestion(text, "zh", times, answered, NOON)


def test_days_are_those_of_the_time_zone_and_none_is_left_out():
    shanghai = timezone(timedelta(hours=8))
    late = datetime(2026, 11, 21, 17, tzinfo=UTC)  # the 22nd in Shanghai
    askings = [Asking(late - timedelta(days=9), True, 1.0), Asking(late, True, 2.0), Asking(NOON, False, 10.0)]
    traffic = count_traffic(askings, last=date(2026, 11, 22), days=3, zone=shanghai)
    assert [(day.day.day, day.asked, day.answered) for day in traffic.days] == [(20, 0, 0), (21, 0, 0), (22, 2, 1)]
    assert (traffic.asked, traffic.answered, traffic.answered_share) == (2, 1, 0.5)
    assert (traffic.days[2].median_ms, traffic.p95_ms, traffic.days[0].median_ms) == (10.0, 10.0, 0.0)


def test_the_95th_percentile_leaves_out_the_slowest_twentieth():
    askings = [Asking(NOON, True, float(number)) for number in range(100)]
    traffic = count_traffic(askings, last=NOON.date(), days=1, zone=UTC)
    assert (traffic.median_ms, traffic.p95_ms) == (50.0, 95.0)


@pytest.mark.parametrize("count", [1, 7, 30, 365])
@pytest.mark.parametrize("most", [0, 1, 3, 17, 999, 123456])
def test_everything_in_a_chart_lies_inside_its_box(count, most):
    start = date(2026, 1, 1)
    days = [Day(start + timedelta(days=n), most if n % 2 == 0 else 0, most // 2 if n % 2 == 0 else 0, most / 3, most)
            for n in range(count)]  # fmt: skip
    for chart in (charts.question_chart(days), charts.time_chart(days)):
        for bar in chart.bars:
            assert charts.WIDTH >= bar.x + bar.width and bar.x >= 0 and bar.width > 0
            assert bar.other_y >= 0 and bar.other_y + bar.other_height == pytest.approx(bar.answered_y)
            assert bar.answered_y + bar.answered_height == pytest.approx(chart.bottom)
        for x, y, _ in (*chart.median.dots, *chart.p95.dots):
            assert 0 <= x <= chart.right and 0 <= y <= chart.bottom
        assert chart.dates[-1].day == days[-1].day
        gaps = [b.x - a.x for a, b in zip(chart.dates, chart.dates[1:], strict=False)]
        assert all(gap >= 40 for gap in gaps)
    labels = [float(tick.label) for tick in charts.question_chart(days).ticks]
    assert labels == sorted(labels) and all(label.is_integer() for label in labels) and labels[-1] >= most


def test_gaps_hold_what_went_unanswered_most_asked_first(assistant):
    asked = [
        question("有停车场吗？", 2), question("Is there parking?", 3), question("ECCV 上有哪些论文？", 9, 9),
        question("国际学生可以申请吗", 6, 1), question("外国人能申请吗"), question("x" * 600),
    ]  # fmt: skip
    gaps = find_gaps(asked, assistant, most=10)
    assert [(gap.times, {one.text for one in gap.questions}) for gap in gaps] == [
        (6, {"国际学生可以申请吗", "外国人能申请吗"}), (5, {"有停车场吗？", "Is there parking?"}), (1, {"x" * 600}),
    ]  # fmt: skip
    assert all(page.source.endswith((".rst", ".md")) for gap in gaps[:2] for page in gap.pages)
    assert gaps[1].pages and not gaps[1].is_answered_now and gaps[2].pages == ()
    assert find_gaps(asked, assistant, most=1) == gaps[:1]


def test_of_a_masked_question_nobody_knows_whether_it_is_answered_now(assistant):
    [gap] = find_gaps([question("[email] 问：ECCV 上有哪些论文？")], assistant, most=5)
    assert not gap.is_answered_now and gap.pages


def test_a_gap_that_was_filled_since_says_so(assistant):
    [gap] = find_gaps([question("ECCV 上有哪些论文？")], assistant, most=5)
    assert gap.is_answered_now


def test_the_report_holds_what_the_journal_has(assistant, tmp_path):
    journal = Journal.open(f"sqlite:///{tmp_path}/journal.db")
    for number, text in enumerate(("papers", "papers", "nothing here")):
        journal.asked(FakeAssistant().ask(text), answer_id=f"{number}" * 16, generation="g", took_ms=4.0)
    assert soon(lambda: not journal.waiting)
    journal.judged(Feedback("2" * 16, False, "wrong", "no"))
    report = make_report(journal, assistant, NOTHING, days=7, now=datetime.now().astimezone())
    journal.close()
    assert (report.traffic.asked, report.traffic.answered, len(report.traffic.days)) == (3, 2, 7)
    assert [(one.text, one.times) for one in report.top] == [("papers", 2), ("nothing here", 1)]
    assert [gap.questions[0].text for gap in report.gaps] == ["nothing here"]
    assert [one.note for one in report.complaints] == ["no"] and (report.helpful, report.unhelpful) == (0, 1)


def hostile_report() -> WebmasterReport:
    asked = tuple(question(text, 2) for text in HOSTILE)
    bad = tuple(Finding(text, 3, "javascript:alert(1)", text, text) for text in HOSTILE)
    pages = tuple(NearPage(text, text, "javascript:alert(1)") for text in HOSTILE)
    day = Day(NOON.date(), 2, 1, 1.0, 2.0)
    return WebmasterReport(
        NOON, Traffic(2, 1, 1.0, 2.0, (day,)), asked, (Gap(asked, 3, pages, False),),
        tuple(Complaint(NOON, text, "zh", text, text) for text in HOSTILE), 0, len(HOSTILE),
        DocumentFindings(bad, bad, bad, bad, bad, bad, bad),
    )  # fmt: skip


class Page(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_hostile_acts_in_the_page(language):
    text = as_html(hostile_report(), load_words(language), language=language)
    page = Page()
    page.feed(text)
    assert page.tags.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert (page.links, page.handlers) == ([], [])
    assert text.count("<style>") == 1 and "49" not in text
    assert "\x1b" not in text and "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "{{ 7*7 }}" in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_hostile_acts_in_the_markdown(language):
    text = as_markdown(hostile_report(), load_words(language))
    assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    page = Page()
    page.feed(html)
    assert page.tags <= {"h1", "h2", "h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.links == []
    for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL):
        assert row.count("<td>") in (0, 3, 4, 5)
    headings = re.findall(r"<h[1-6]>(.*?)</h", html)
    assert headings and not any("head" in heading or "alert" in heading for heading in headings)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_report_of_nothing_says_so(language):
    words = load_words(language)
    day = Day(NOON.date(), 0, 0, 0.0, 0.0)
    report = WebmasterReport(NOON, Traffic(0, 0, 0.0, 0.0, (day,)), (), (), (), 0, 0, NOTHING)
    for text in (as_markdown(report, words), as_html(report, words, language=language)):
        assert words("no-questions") in text and words("all-well") in text and words("no-complaints") in text


def test_both_languages_have_the_same_words():
    zh, en = load_words("zh"), load_words("en")
    assert zh._texts.keys() == en._texts.keys() and zh._reasons.keys() == en._reasons.keys()
    for key, text in zh._texts.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", en._texts[key])), key


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_trusts_what_it_is_given(path):
    text = path.read_text("utf-8")
    for word in ("safe", "autoescape", "<script", " style=", "javascript:", "http:", "https:", " onclick"):
        assert word not in text, word
    assert re.findall(r"href=\"\{\{ (?!\S+ \| web )", text) == []
