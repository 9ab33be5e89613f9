"""What the widget costs a host page: its weight, its first paint, the time to the first words of an answer.

``python -m benchmarks.widget`` serves the default corpus on this machine and drives the Chromium
that is on it; nothing leaves the loopback. Medians, with the slowest tenth beside them.
"""

import gzip
import shutil
import statistics
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import brotli
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table
from waitress.server import BaseWSGIServer

from assistant.journal import Journal
from assistant.pipeline import build, load_assistant
from assistant.server.app import create_app
from assistant.server.listening import open_server
from assistant.server.pages import WEB_FOLDER
from assistant.settings import Settings

ROUNDS = 15
QUESTIONS = ("what papers were at ECCV?", "联合培养博士的导师是谁？", "Is there a paper at NeurIPS?")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGE_ONLY = {"docs.js", "page.js", "docs.css", "page.css"}  # not part of the widget

_FIRST_PAINT = """() => new Promise((tell) => {
  const told = (list) => list.getEntriesByName('first-contentful-paint').forEach((entry) => tell(entry.startTime));
  new PerformanceObserver(told).observe({ type: 'paint', buffered: true });
})"""
_TIME_TO_ANSWER = """() => { window.took = new Promise((tell) => {
  addEventListener('keydown', () => {
    const root = document.querySelector('lab-assistant').shadowRoot;
    const started = performance.now();
    const look = () => {
      if (root.querySelector('.text')) tell(performance.now() - started);
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
}); }"""
_FIRST_WORDS = """async (question) => {
  const started = performance.now();
  const response = await fetch('ask', {
    method: 'POST', body: JSON.stringify({ question }),
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) return -1;
    text += value;
    if (text.includes('event: delta')) return performance.now() - started;
  }
}"""


def main() -> None:
    """Print one table."""
    table = Table("what", "median", "p90", title="The widget, over loopback", title_justify="left")
    plain, zipped, brotlied = _weights()
    table.add_row("size of all its files, as they are", f"{plain / 1000:.1f} kB", "")
    table.add_row("… gzip", f"{zipped / 1000:.1f} kB", "")
    table.add_row("… brotli", f"{brotlied / 1000:.1f} kB", "")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index={"path": Path(folder)}, server={"port": 0, "rate_limit": "100000/minute"})
        build(settings)
        assistant = load_assistant(settings)
        journal = Journal.open(f"sqlite:///{folder}/journal.db")
        server = open_server(create_app(settings, lambda: assistant, journal), settings)
        threading.Thread(target=server.run, daemon=True).start()
        for name, times_ms in _measured(server):
            p90 = sorted(times_ms)[int(len(times_ms) * 0.9)]
            table.add_row(name, f"{statistics.median(times_ms):.1f} ms", f"{p90:.1f} ms")
        journal.close()
    Console().print(table)


def _weights() -> tuple[int, int, int]:
    """Return the bytes of the widget's files: plain, gzip and brotli, at the server's levels."""
    files = [WEB_FOLDER / "widget.js", WEB_FOLDER / "locales" / "zh.json"]  # one language is loaded
    files += [path for name in ("modules", "styles") for path in sorted((WEB_FOLDER / name).iterdir())]
    contents = [path.read_bytes() for path in files if path.name not in PAGE_ONLY]
    return (
        sum(map(len, contents)),
        sum(len(gzip.compress(content, 6)) for content in contents),
        sum(len(brotli.compress(content, quality=5)) for content in contents),
    )


def _measured(server: BaseWSGIServer) -> Sequence[tuple[str, list[float]]]:
    """Return the times of each measure in milliseconds."""
    url = f"http://127.0.0.1:{server.effective_port}/"
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])

        def fresh(measure: Callable[[Page], float]) -> list[float]:
            times = []
            for _ in range(ROUNDS):
                context = browser.new_context(locale="zh-CN")  # an empty cache each time
                times.append(measure(context.new_page()))
                context.close()
            return times

        page = browser.new_page()
        page.goto(url)
        words = [page.evaluate(_FIRST_WORDS, question) for _ in range(ROUNDS) for question in QUESTIONS]
        measures = [
            ("first paint of the chat page, empty cache", fresh(lambda new: _paint(new, url))),
            ("chat page ready for a question, empty cache", fresh(lambda new: _ready(new, url))),
            ("first words of an answer, from the request", words),
            ("an answer on the screen, from pressing Enter", fresh(lambda new: _shown(new, url))),
        ]
        browser.close()
    return measures


def _paint(page: Page, url: str) -> float:
    page.goto(url)
    return float(page.evaluate(_FIRST_PAINT))


def _ready(page: Page, url: str) -> float:
    page.goto(url, wait_until="commit")
    page.wait_for_selector(".composer textarea")
    return float(page.evaluate("performance.now()"))


def _shown(page: Page, url: str) -> float:
    page.goto(url)
    page.fill("textarea", QUESTIONS[0])
    page.evaluate(_TIME_TO_ANSWER)
    page.press("textarea", "Enter")
    return float(page.evaluate("window.took"))


if __name__ == "__main__":
    main()
