"""A real Chromium, a lab's server for it, and a host site on another origin that embeds the widget."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lab import BrowserAssistant
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Client, serving

PICTURES = Path(__file__).resolve().parents[1] / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(f"no browser found; install one of {', '.join(BROWSERS)} (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; a page named csp-… comes with a strict content security policy."""

    policy = ""

    def end_headers(self) -> None:
        if "csp-" in self.path:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@dataclass
class Site:
    """A site of somebody else on its own origin; ``write`` puts a page on it."""

    folder: Path
    port: int
    handler: type[_Quiet]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write(self, name: str, body: str, *, head: str = "", policy: str = "") -> str:
        """Put a page on the site; returns its address."""
        self.handler.policy = policy
        viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        html = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>课题组</title>
        {viewport}{head}</head><body>{body}</body></html>"""
        (self.folder / name).write_text(html, "utf-8")
        return f"{self.origin}/{name}"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("host-site")
    (folder / "favicon.ico").touch()
    handler = type("Handler", (_Quiet,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Site(folder, server.server_port, handler)
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def lab(site: Site) -> Iterator[Client]:
    assistant = BrowserAssistant()
    with serving(lambda: assistant, allowed_origins=(site.origin,), workers=8) as client:
        yield client


@dataclass
class Visit:
    """What went wrong in a page's own code while it was visited; ``expected`` may appear in it."""

    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page, origins: tuple[str, ...]) -> None:
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.problems.append(line.text))
        page.on("request", lambda request: self._look(request.url, origins))

    def _look(self, url: str, origins: tuple[str, ...]) -> None:
        if not url.startswith((*origins, "data:", "about:")):
            self.problems.append(f"third party: {url}")

    def check(self) -> None:
        unexpected = [p for p in self.problems if not any(e in p for e in self.expected)]
        assert not unexpected, unexpected


@pytest.fixture
def visit() -> Iterator[Visit]:
    watched = Visit()
    yield watched
    watched.check()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, lab: Client, site: Site, visit: Visit) -> Iterator[Opener]:
    """Open an address (the chat page by default) in a fresh browser profile."""
    contexts = []

    def opened(
        url: str = "", *, width: int = 1280, height: int = 860, scheme: str = "light",
        locale: str = "zh-CN", touch: bool = False, **options: object,
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale,
            has_touch=touch, is_mobile=touch, device_scale_factor=2 if width < 600 else 1.5, **options,
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        visit.watch(page, (lab.url.rstrip("/"), site.origin))
        page.goto(url or lab.url)
        page.wait_for_selector("lab-assistant .launcher, lab-assistant .inline > .composer")
        return page

    yield opened
    for context in contexts:
        context.close()


def ask(page: Page, question: str, *, wait: bool = True) -> None:
    """Type a question and press Enter; wait for what becomes of it."""
    count = page.locator(".turn").count()
    page.fill("textarea", question)
    page.press("textarea", "Enter")
    if wait:
        page.wait_for_selector(f".turn:nth-child({count + 1}) :is(.tools, .note)")


def answer_with(page: Page, **options: object) -> None:
    """Let the network answer the next questions in the server's place."""
    page.route("**/ask", lambda route: route.fulfill(**options))
