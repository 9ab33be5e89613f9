"""The webmaster's desk in a real browser: signing in, looking around, one click, every size and theme."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from assistant.evaluation import read_cases
from assistant.journal import Feedback, Journal
from assistant.journal.nouns import Entry
from assistant.server.app import create_app
from assistant.server.listening import open_server
from assistant.settings import AdminSettings, ServerSettings, Settings

TOKEN = "a-token-of-the-tests-0123456789"
VARIABLE = "TOKEN_OF_THE_BROWSER_TESTS"
XSS = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
UNANSWERED = ("有停车场吗？", "Is there parking?", XSS, "长" * 300, "x" * 300, "{{ 7*7 }} \u202eabc", "javascript:alert(1)")


def fill(url: str) -> None:
    """Write a month of traffic."""
    journal = Journal.open(url)
    now = datetime.now(UTC)
    for number in range(240):
        text = UNANSWERED[number % 7] if number % 3 == 0 else "ECCV 上有哪些论文？"
        at = now - timedelta(days=number % 30, minutes=number)
        entry = Entry(at, "a" * 16, text, "zh", "fact", number % 3 > 0, 0.9, number % 11, "g", ((1, "p", "index.rst"),))
        journal._writer.add(entry)
    journal.judged(Feedback("a" * 16, False, "outdated", XSS))
    journal.close()


@pytest.fixture(scope="module")
def desk(settings: Settings, assistant: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server with a desk, and the folder of its eval file."""
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/journal.db"
    fill(url)
    admin = AdminSettings(token_env=VARIABLE, eval_folder=folder / "eval")
    server_settings = ServerSettings(port=0, rate_limit="10000/minute")
    chosen = settings.model_copy(update={"admin": admin, "server": server_settings})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, TOKEN)
        journal = Journal.open(url)
        server = open_server(create_app(chosen, lambda: assistant, journal), chosen)
    stopping = Event()
    thread = Thread(target=server.serve, args=(stopping,), kwargs={"grace_s": 0.5}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", folder / "eval"
    stopping.set()
    server.pull_trigger()
    thread.join(timeout=10)
    server.close_all()
    journal.close()


@pytest.fixture
def visit_desk(browser: Browser, desk: tuple[str, Path]) -> Iterator[object]:
    """Sign in with a window of some size; at the end nothing may have gone wrong in the page."""
    contexts, problems = [], []

    def visited(*, width: int = 1280, scheme: str = "light", locale: str = "zh-CN", sign_in: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and "401" not in line.text and problems.append(line.text))
        page.on("request", lambda request: request.url.startswith(desk[0]) or problems.append(request.url))
        page.goto(f"{desk[0]}/admin")
        if sign_in:
            page.fill("#token", TOKEN)
            page.press("#token", "Enter")
            page.wait_for_selector("h2#gaps")
        page.wait_for_load_state()  # with its style
        return page

    yield visited
    for context in contexts:
        context.close()
    assert problems == []


def violations(page: Page) -> list:
    results = Axe().run(page)
    return [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in results.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "locale"), [(360, "en-US"), (1280, "zh-CN")])
def test_the_desk_has_no_accessibility_violation(visit_desk, width, scheme, locale):
    page = visit_desk(width=width, scheme=scheme, locale=locale, sign_in=False)
    assert violations(page) == []
    page.fill("#token", "wrong")
    page.press("#token", "Enter")
    page.wait_for_selector("[role=alert]")
    assert violations(page) == []
    page.fill("#token", TOKEN)
    page.press("#token", "Enter")
    page.wait_for_selector("h2#gaps")
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(page) == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
)
def test_nothing_of_the_desk_is_wider_than_the_window(visit_desk, width, scheme):
    page = visit_desk(width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    inside = """nodes => nodes.filter(n => n.getBoundingClientRect().right > innerWidth + 1 && !n.closest('.scroll > *'))
    .map(n => n.outerHTML.slice(0, 99))"""
    assert page.locator("body *").evaluate_all(inside) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    folder = Path(__file__).resolve().parents[1] / "screenshots"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"desk-{width}-{scheme}.png", full_page=True)


def test_a_narrow_window_begins_with_the_newest_day(visit_desk):
    page = visit_desk(width=360)
    last = page.locator("figure svg").first.locator("text").last
    box = last.bounding_box()
    assert box and 0 <= box["x"] and box["x"] + box["width"] <= 360
    assert last.text_content() == datetime.now().astimezone().strftime("%m-%d")


def test_what_visitors_wrote_does_nothing(visit_desk):
    page = visit_desk()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, script").count() == 0
    expect(page.locator(".gaps")).to_contain_text("<script>window.hacked=1</script>")
    targets = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(targets) <= {"http:", "https:"}


def test_one_click_adds_a_question_and_leads_back(visit_desk, desk):
    page = visit_desk(locale="en-US")
    page.select_option("#days", "90")
    page.get_by_role("button", name="Show").click()
    page.locator(".gaps > li", has_text="window.hacked").get_by_role("button", name="Add to the eval file").click()
    expect(page.get_by_role("status")).to_contain_text("Added to")
    assert "days=90" in page.url and "lang=en" in page.url
    assert XSS in [case.question for case in read_cases(desk[1] / "questions.yaml")]


def test_the_desk_works_with_the_keyboard_alone(visit_desk):
    page = visit_desk(locale="en-US")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
    assert {"Show", "Sign out", "As a table", "Add to the eval file"} <= reached
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#token")


def test_another_page_cannot_frame_or_use_the_desk(visit_desk, site, desk):
    page = visit_desk()
    forms = f'<iframe src="{desk[0]}/admin"></iframe><form method="post" action="{desk[0]}/admin/cases"><input name="question" value="evil"><button>x</button></form>'
    url = site.write("evil.html", forms)
    attack = page.context.new_page()
    attack.goto(url)
    attack.wait_for_timeout(500)
    assert all("gaps" not in frame.content() for frame in attack.frames if frame.url.startswith("chrome-error") or frame != attack.main_frame)
    attack.click("button")
    attack.wait_for_load_state()
    path = desk[1] / "questions.yaml"
    assert not path.exists() or "evil" not in path.read_text("utf-8")
