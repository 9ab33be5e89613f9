"""The widget as a guest on somebody else's site, across origins."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PICTURES, ask
from playwright.sync_api import expect

README = Path(__file__).resolve().parents[2] / "README.md"
HOSTILE = """
  html { font-size: 62.5%; } * { letter-spacing: 3px; line-height: 1 !important; }
  button, textarea, a { background: hotpink !important; text-transform: uppercase !important; }
  lab-assistant, div { display: none !important; opacity: .1; }
  .cover { display: block !important; position: fixed; inset: 0; z-index: 9999999; pointer-events: none; }
"""


@pytest.fixture
def host(site, lab):
    """Write a host page: hostile style, key shortcuts of its own, the one line that embeds."""

    def written(
        name: str = "host.html", *, attributes: str = "", head: str = "", body: str = "", policy: str = ""
    ) -> str:
        script = f'<script defer src="{lab.url}widget.js" {attributes}></script>'
        shown = f'<h1>课题组</h1><button id="before">先</button><p>正文</p>{body}{script}'
        return site.write(name, shown, head=head, policy=policy)

    return written


def test_the_widget_answers_on_another_origin(open_page, host):
    page = open_page(host(attributes='data-title="问问课题组"'))
    expect(page.locator(".launcher")).to_have_text("问问课题组")
    page.click(".launcher")
    expect(page.get_by_role("dialog", name="问问课题组")).to_be_visible()
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_hostile_style_sheet_does_not_reach_in(open_page, host):
    page = open_page(
        host("hostile.html", head=f"<style>{HOSTILE}</style>", body='<div class="cover"></div>'),
        reduced_motion="reduce",
    )
    launcher = page.locator(".launcher")
    expect(launcher).to_be_visible()
    look = launcher.evaluate(
        "n => { const s = getComputedStyle(n); return [s.textTransform, s.letterSpacing, s.backgroundColor]; }"
    )
    assert look == ["none", "normal", "rgb(31, 95, 107)"]
    page.click(".launcher")
    assert page.locator("textarea").evaluate("n => getComputedStyle(n).fontSize") == "16px"
    assert page.locator(".panel").evaluate("n => getComputedStyle(n).opacity") == "1"


def test_keys_typed_here_do_not_reach_the_hosts_shortcuts(open_page, host):
    listen = """window.keys = [];
    for (const t of ['keydown', 'keyup', 'keypress']) document.addEventListener(t, e => keys.push(e.key));"""
    page = open_page(host("keys.html", body=f"<script>{listen}</script>"))
    page.keyboard.press("s")
    assert page.evaluate("keys.length") == 3
    page.click(".launcher")
    page.locator("textarea").press_sequentially("/ask")
    assert page.evaluate("keys.length") == 3


def test_focus_goes_in_stays_in_and_comes_back(open_page, host):
    page = open_page(host())
    focused = "() => document.querySelector('lab-assistant').shadowRoot.activeElement?.className"
    page.focus(".launcher")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.querySelector('lab-assistant').shadowRoot.activeElement.tagName") == "TEXTAREA"
    page.wait_for_selector(".example")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.querySelector('lab-assistant').shadowRoot.activeElement?.closest('.panel') !== null"
        )
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(
            "() => document.querySelector('lab-assistant').shadowRoot.activeElement?.closest('.panel') !== null"
        )
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert "launcher" in page.evaluate(focused)


def test_a_shortcut_opens_and_focus_returns_to_where_it_was(open_page, host):
    page = open_page(host("shortcut.html", attributes='data-shortcut="ctrl+shift+k"'))
    page.focus("#before")
    page.keyboard.press("Control+Shift+K")
    expect(page.locator(".panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "before"


def test_attributes_set_language_colour_side_and_examples(open_page, host):
    attributes = 'data-language="en" data-color="#ffd400" data-position="left" data-examples="One?|Two?"'
    page = open_page(host("attributes2.html", attributes=attributes))
    launcher = page.locator(".launcher")
    expect(launcher).to_have_text("Ask the lab assistant")
    assert launcher.evaluate("n => getComputedStyle(n).color") == "rgb(17, 17, 17)"
    assert launcher.bounding_box()["x"] < 100
    page.click(".launcher")
    expect(page.locator(".example")).to_have_text(["One?", "Two?"])


def test_the_hosts_theme_wins_over_the_systems(open_page, host):
    page = open_page(host(), scheme="dark")
    frame = page.locator(".frame")
    expect(frame).to_have_attribute("data-scheme", "dark")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    expect(frame).to_have_attribute("data-scheme", "light")
    page.evaluate("document.documentElement.dataset.theme = 'auto'")
    expect(frame).to_have_attribute("data-scheme", "dark")


@pytest.mark.parametrize("nonce", ["", "abc123"])
def test_a_strict_policy_of_the_host_needs_one_origin_or_a_nonce(open_page, host, lab, nonce):
    origin = lab.url.rstrip("/")
    scripts = f"'nonce-{nonce}'" if nonce else origin
    policy = f"default-src 'none'; script-src {scripts}; connect-src {origin}; img-src 'self'"
    attributes = f'nonce="{nonce}"' if nonce else ""
    page = open_page(host(f"csp-{nonce or 'origin'}.html", attributes=attributes, policy=policy))
    page.click(".launcher")
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.locator(".launcher").evaluate("n => getComputedStyle(n).borderTopLeftRadius") != "0px"


def test_two_assistants_share_a_page(open_page, host):
    page = open_page(host("two.html", body='<lab-assistant data-mode="inline" data-language="en"></lab-assistant>'))
    expect(page.locator("lab-assistant")).to_have_count(2)
    inline = page.locator("lab-assistant").first
    inline.locator("textarea").fill("what papers were at ECCV?")
    inline.locator("textarea").press("Enter")
    expect(inline.locator("tbody tr")).to_have_count(2)
    page.locator(".launcher").click()
    expect(page.locator(".panel tbody tr")).to_have_count(0)


def test_leaving_the_page_takes_every_listener_along(open_page, host):
    page = open_page(host("leave.html", attributes='data-shortcut="ctrl+shift+k"'))
    page.evaluate("const a = document.querySelector('lab-assistant'); a.remove(); window.gone = a;")
    page.keyboard.press("Control+Shift+K")
    assert page.evaluate("gone.shadowRoot.childElementCount") == 0
    page.evaluate("document.body.append(gone)")
    page.click(".launcher")
    expect(page.locator(".panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()


def test_a_server_that_is_gone_leaves_nothing_on_the_host(browser, site):
    url = site.write("gone.html", '<script defer src="http://127.0.0.1:9/widget.js"></script>')
    page = browser.new_page()
    page.goto(url)
    assert page.locator("lab-assistant").count() == 0
    page.close()


def test_an_origin_that_is_not_listed_cannot_ask(browser, site, lab):
    other = site.origin.replace("127.0.0.1", "localhost")
    url = site.write("other.html", f'<script defer src="{lab.url}widget.js"></script>')
    page = browser.new_page()
    page.goto(url.replace(site.origin, other))
    page.wait_for_function("!document.querySelector('lab-assistant')")
    page.close()


@pytest.mark.parametrize("theme", ["sphinx_rtd_theme", "furo"])
def test_the_readmes_line_embeds_it_in_a_sphinx_site(open_page, site, lab, tmp_path, visit, theme):
    visit.expected.append("ERR_FAILED")
    [line] = re.findall(r"^html_js_files = .*$", README.read_text("utf-8"), re.MULTILINE)
    line = line.replace("https://HOST/", lab.url)
    conf = f"project = 'lab'\nlanguage = 'zh_CN'\nextensions = []\nhtml_theme = {theme!r}\n{line}\n"
    (tmp_path / "conf.py").write_text(conf, "utf-8")
    (tmp_path / "index.rst").write_text("课题组\n======\n\n编译与系统。\n", "utf-8")
    options = ("-q", "-b", "html", str(tmp_path), str(site.folder / theme))
    subprocess.run([sys.executable, "-m", "sphinx", *options], check=True, capture_output=True)
    page = open_page(f"{site.origin}/{theme}/index.html", scheme="dark")
    expect(page.locator(".launcher")).to_have_text("问问实验室助手")
    page.click(".launcher")
    ask(page, "ECCV 上有哪些论文？")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert page.locator("textarea").evaluate("n => getComputedStyle(n).fontSize") == "16px"
    shown = "light" if theme == "sphinx_rtd_theme" else "dark"  # the one has no dark colours
    expect(page.locator(".frame")).to_have_attribute("data-scheme", shown)
    page.wait_for_timeout(300)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"sphinx-{theme}.png")
    page.route("**/ask", lambda route: route.abort())
    ask(page, "hello")
    expect(page.locator(".search-link")).to_have_attribute("href", f"{site.origin}/{theme}/search.html?q=hello")
