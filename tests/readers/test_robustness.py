"""Files that are too big, too deep or too greedy cost themselves, never the build."""

from pathlib import Path

import pytest

from assistant.readers import workers
from assistant.readers.corpus import read_corpus

PAGE = "# 页\n\n一句话。\n"


def test_names_with_spaces_chinese_and_signs_are_read_and_addressed(tmp_path: Path):
    for name in ("组 会/第 1 周.md", "a b/c&d#e?.md", "100%.md", "论文（终稿）.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PAGE, "utf-8")
    corpus = read_corpus(tmp_path, site_url="https://x.cn")
    assert [document.url for document in corpus.documents] == [
        "https://x.cn/100%25.html",
        "https://x.cn/a%20b/c%26d%23e%3F.html",
        "https://x.cn/%E7%BB%84%20%E4%BC%9A/%E7%AC%AC%201%20%E5%91%A8.html",
        "https://x.cn/%E8%AE%BA%E6%96%87%EF%BC%88%E7%BB%88%E7%A8%BF%EF%BC%89.html",
    ]


@pytest.mark.parametrize("suffix", [".md", ".html", ".csv", ".txt", ".yaml", ".bib", ".xlsx", ".docx", ".pdf"])
def test_a_file_over_the_limit_is_one_coded_warning(suffix: str, tmp_path: Path):
    (tmp_path / "page.md").write_text(PAGE, "utf-8")
    with (tmp_path / f"big{suffix}").open("wb") as file:
        file.truncate(60_000_000)
    corpus = read_corpus(tmp_path)
    assert [document.source for document in corpus.documents] == ["page.md"]
    assert [(told.source, told.code) for told in corpus.warnings] == [(f"big{suffix}", "unreadable")]


def test_a_child_that_wants_too_much_memory_costs_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "MAX_MEMORY_BYTES", 400 << 20)
    (tmp_path / "greedy.html").write_text("<p>word</p>\n" * 1_000_000, "utf-8")
    (tmp_path / "page.md").write_text(PAGE, "utf-8")
    corpus = read_corpus(tmp_path)
    assert [document.source for document in corpus.documents] == ["page.md"]
    assert [told.source for told in corpus.warnings] == ["greedy.html"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", "<div>" * 20_000 + "deep"),
        ("a.html", "<table><tr><td>" * 3_000 + "deep"),
        ("a.md", "> " * 3_000 + "deep"),
        ("a.md", "[" * 20_000 + "deep"),
        ("a.md", "| a " * 2_000 + "|\n" + "| - " * 2_000 + "|\n" + "| b " * 2_000 + "|"),
        ("a.yaml", "[" * 5_000),
        ("a.yaml", "".join(f"{' ' * depth}a:\n" for depth in range(1_000))),
        ("a.bib", "@article{x, title={" + "{" * 20_000),
        ("a.csv", '"' * 100_001),
    ],
)
def test_depth_and_width_end_in_a_document_or_a_warning(name: str, content: str, tmp_path: Path):
    (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "page.md").write_text(PAGE, "utf-8")
    corpus = read_corpus(tmp_path)
    read = {document.source for document in corpus.documents}
    assert "page.md" in read and name in read | {told.source for told in corpus.warnings}
