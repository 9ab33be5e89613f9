"""A folder of documents becomes a corpus: what is read, published, skipped, and where it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from page_cases import check_offsets

from assistant.errors import CorpusError
from assistant.readers.corpus import Corpus, digest_corpus, read_corpus

SITES = Path(__file__).parent.parent / "data" / "readers" / "sites"
SITE_URL = "https://lab.example.org/docs"


def write(root: Path, **files: str) -> Path:
    """Write files whose names have "__" for "/" and end in "_rst", "_md", …"""
    for name, content in files.items():
        path = root / re.sub(r"_([a-z]+)$", r".\1", name.replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root


def statuses(corpus: Corpus) -> dict[str, str]:
    return {document.source: document.status for document in corpus.documents}


@pytest.mark.parametrize("case", sorted(SITES.glob("*.expected.yaml")), ids=lambda case: case.name)
def test_site_reads_as_expected(case: Path):
    expected = yaml.safe_load(case.read_text("utf-8"))
    corpus = read_corpus(case.with_name(case.name.removesuffix(".expected.yaml")), site_url=SITE_URL)
    found = {document.source: f"{document.status} {document.url}" for document in corpus.documents}
    assert found == expected["documents"]
    assert {item.source: item.reason for item in corpus.skipped} == expected["skipped"]
    for document in corpus.documents:
        check_offsets(document)
        shown = [document.text[block.start : block.end] for block in document.blocks]
        assert [text for text in expected["texts"].get(document.source, []) if text not in shown] == []
    assert "secret" not in str(corpus)


@pytest.mark.slow
def test_text_and_anchors_are_those_of_the_page_that_sphinx_builds(tmp_path: Path):
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-b", "html", str(SITES / "sphinx"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    read = 0
    for document in read_corpus(SITES / "sphinx", site_url=SITE_URL).documents:
        page = tmp_path / document.url.removeprefix(f"{SITE_URL}/")
        assert page.is_file() or document.status == "orphan", document.source
        if page.suffix != ".html":
            continue
        soup = BeautifulSoup(page.read_text("utf-8"), "lxml")
        main = soup.find(attrs={"role": "main"})
        text = squashed(main.get_text())
        for section in document.sections:
            found = soup.find(id=section.anchor)
            assert found is not None, f"{document.source} has no #{section.anchor}"
            heading = found if found.name[0] == "h" else found.find(re.compile("^h[1-6]$"))
            assert squashed(section.heading_path[-1]) in squashed(heading.get_text())
        for block in document.blocks:
            for part in document.text[block.start : block.end].split("\t"):
                if block.kind != "item":  # a hidden toctree is in the sidebar
                    assert squashed(part) in text or part == "其他", f"{document.source}:{block.line} {part}"
        read += 1
    assert read >= 8


def squashed(text: str) -> str:
    """Return ``text`` without white space and without the marks of formulas and headings."""
    return re.sub(r"[\s¶]|\\[()]", "", text)


def test_the_digest_changes_with_any_file_and_only_then(tmp_path: Path):
    root = write(tmp_path, index_rst="A\n=\n\nText.\n", b_md="# B\n")
    first = read_corpus(root).digest
    assert digest_corpus(root) == first == read_corpus(root).digest
    write(root, b_md="# C\n")
    assert digest_corpus(root) != first
    assert digest_corpus(root, site_url="https://x.example.org") != digest_corpus(root)


@pytest.mark.parametrize("name", ["missing", "file.txt", "empty"])
def test_a_folder_without_documents_is_one_sentence(tmp_path: Path, name: str):
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.png").write_bytes(b"x")
    with pytest.raises(CorpusError, match=name):
        read_corpus(tmp_path / name)


def test_one_bad_file_is_skipped_and_told(tmp_path: Path):
    root = write(tmp_path, index_rst="A\n=\n\nText.\n")
    (root / "bad.rst").write_bytes(b"\x00\xff\xfe")
    corpus = read_corpus(root)
    assert [document.source for document in corpus.documents] == ["index.rst"]
    assert [item.source for item in corpus.skipped] == ["bad.rst"]


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path):
    outside = write(tmp_path / "outside", a_rst="secret-outside\n")
    root = write(tmp_path / "corpus", index_rst="A\n=\n\nText.\n")
    (root / "a.rst").symlink_to(outside / "a.rst")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    corpus = read_corpus(root)
    assert "secret" not in str(corpus.documents)
    assert [item.source for item in corpus.skipped] == ["a.rst", "folder", "loop"]


@pytest.mark.parametrize("folder", ["_build", ".git", "node_modules", "_templates", "_themes", ".hidden"])
def test_built_and_hidden_folders_are_not_read(tmp_path: Path, folder: str):
    write(tmp_path, index_rst="A\n=\n\nText.\n")
    write(tmp_path / folder, a_rst="secret\n")
    assert list(statuses(read_corpus(tmp_path))) == ["index.rst"]


@pytest.mark.parametrize("pattern", ["b.rst", "*.rst", "doc", "doc/*", "doc/b.rst", "**/b.rst", "doc/**"])
def test_excluded_files_are_skipped_and_told(tmp_path: Path, pattern: str):
    root = write(tmp_path, index_md="# A\n\nText.\n", doc__b_rst="secret\n")
    corpus = read_corpus(root, exclude=[pattern])
    assert list(statuses(corpus)) == ["index.md"]
    assert [item.source for item in corpus.skipped] == ["doc/b.rst"]


def test_progress_counts_every_file(tmp_path: Path):
    root = write(tmp_path, index_rst="A\n=\n\nText.\n", b_md="# B\n")
    seen = []
    read_corpus(root, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_pages_that_no_toctree_reaches_are_orphans(tmp_path: Path):
    root = write(
        tmp_path,
        index_rst="A\n=\n\n.. toctree::\n\n   b\n",
        b_md="# B\n\n```{toctree}\nsub/c\n```\n",
        sub__c_rst="C\n=\n\nText.\n",
        d_md="# D\n\nText.\n",
    )
    assert statuses(read_corpus(root)) == {
        "b.md": "published",
        "d.md": "orphan",
        "index.rst": "published",
        "sub/c.rst": "published",
    }


PROMISES = """xxxx|XXX。|TODO|TBD|Coming soon!|待补充|敬请期待……|一段团队介绍|Lorem ipsum dolor sit amet|（待更新）
To be added.|...|建设中|This page is under construction.|内容正在整理中，敬请期待。|暂无"""


@pytest.mark.parametrize("body", ["", *re.split(r"[|\n]", PROMISES)])
def test_a_page_that_only_promises_content_is_a_placeholder(tmp_path: Path, body: str):
    root = write(tmp_path, index_rst="A\n=\n\n.. toctree::\n\n   b\n", b_md=f"# 团队\n\n{body}\n")
    assert statuses(read_corpus(root))["b.md"] == "placeholder"


@pytest.mark.parametrize(
    "body", ["待补充名额：3 个", "Todo lists are kept in Notion.", "一段时间以来我们研究编译器。", "暂无名额"]
)
def test_a_page_that_says_something_is_no_placeholder(tmp_path: Path, body: str):
    root = write(tmp_path, index_rst="A\n=\n\n.. toctree::\n\n   b\n", b_md=f"# 团队\n\n{body}\n")
    assert statuses(read_corpus(root))["b.md"] == "published"


def test_the_site_may_lie_deeper_than_the_corpus_folder(tmp_path: Path):
    root = write(
        tmp_path,
        README_md="# Repository\n\nWords.\n",
        docs__source__conf_py='master_doc = "contents"\nhtml_baseurl = "https://x.example.org/"\n',
        docs__source__contents_rst="A\n=\n\n.. toctree::\n\n   /b\n",
        docs__source__b_rst="B\n=\n\nText.\n",
    )
    corpus = read_corpus(root)
    assert {document.source: (document.status, document.url) for document in corpus.documents} == {
        "README.md": ("orphan", ""),
        "docs/source/b.rst": ("published", "https://x.example.org/b.html"),
        "docs/source/contents.rst": ("published", "https://x.example.org/contents.html"),
    }
    assert "B" in [corpus.documents[2].text[block.start : block.end] for block in corpus.documents[2].blocks]


def test_conf_is_read_but_never_run(tmp_path: Path):
    root = write(
        tmp_path,
        conf_py=f"open({str(tmp_path / 'ran')!r}, 'w')\nexclude_patterns = ['b.rst']\nexclude_patterns += ['c']\n",
        index_rst="A\n=\n\nText.\n",
        b_rst="secret\n",
        c__d_rst="secret\n",
    )
    corpus = read_corpus(root)
    assert list(statuses(corpus)) == ["index.rst"]
    assert not (tmp_path / "ran").exists()


def test_the_shared_home_page_comes_out_whole():
    shared = Path(os.environ.get("LAB_ASSISTANT_SHARED", Path(__file__).parents[3] / "shared"))
    root = shared / "corpora" / "seed" / "docs"
    if not root.is_dir():
        pytest.skip("the shared corpora are not here")
    document = read_corpus(root).documents[0]
    (table,) = document.tables
    assert table.name == "精选论文"
    assert table.columns == ("会议/期刊", "论文", "摘要")
    assert len(table.rows) == 5 and all(all(row.cells) for row in table.rows)
    assert {told.code for told in document.warnings} == {"malformed-table", "missing-page"}
    assert [section.anchor for section in document.sections][1:] == ["id1", "id2", "id3", "id4"]


def test_a_jupyter_book_publishes_what_its_toc_lists(tmp_path: Path):
    root = write(
        tmp_path,
        _config_yml="title: Book\n",
        _toc_yml="format: jb-book\nroot: intro\nparts:\n- chapters:\n  - file: a.md\n  - glob: more/*\n",
        intro_md="# Intro\n\nText.\n",
        a_md="# A\n\nText.\n",
        more__b_md="# B\n\nText.\n",
        c_md="# C\n\nText.\n",
    )
    corpus = read_corpus(root, site_url="https://x.example.org")
    assert statuses(corpus) == {
        "a.md": "published",
        "c.md": "orphan",
        "intro.md": "published",
        "more/b.md": "published",
    }
    assert corpus.documents[0].url == "https://x.example.org/a.html"


def test_a_conf_py_without_pages_does_not_make_a_sphinx_site(tmp_path: Path):
    root = write(tmp_path, tool__conf_py="x = 1\n", index_html="<title>T</title><p>Text.</p>")
    assert statuses(read_corpus(root)) == {"index.html": "published"}


def test_plain_values_are_substituted_and_templates_never_run(tmp_path: Path):
    root = write(
        tmp_path,
        conf_py='myst_enable_extensions = ["substitution"]\nmyst_substitutions = {"lab": "示例实验室"}\n',
        index_md="---\nsubstitutions:\n  seats: 3\n---\n# {{ lab }}\n\n{{seats}} 个名额，{{ 7 * 7 }}。\n\n"
        "```\n{{ lab }}\n```\n",
    )
    document = read_corpus(root).documents[0]
    assert document.title == "示例实验室"
    assert document.text.endswith("3 个名额，{{ 7 * 7 }}。\n\n{{ lab }}")


def test_a_list_of_publications_in_any_markup_is_a_table(tmp_path: Path):
    text = (
        'Papers\n======\n\n- A. Li, B. Han. "Fast Kernels for Slow Chips". OSDI 2024.\n'
        '- C. Wu, A. Li. "A Second Look at Caches". SOSP 2023.\n'
    )
    root = write(tmp_path, index_rst=text, conf_py="", b_md=text)
    tables = [document.tables for document in read_corpus(root).documents]
    assert [[row.cells[0] for row in table.rows] for (table,) in tables] == [
        ["Fast Kernels for Slow Chips", "A Second Look at Caches"]
    ] * 2


def test_two_languages_side_by_side_are_both_published(tmp_path: Path):
    page = "A\n=\n\n.. toctree::\n\n   /b\n"
    root = write(
        tmp_path,
        docs__en__conf_py="",
        docs__en__index_rst=page,
        docs__en__b_md="# B\n\nText.\n",
        docs__zh__conf_py="",
        docs__zh__index_rst=page,
        docs__zh__b_md="# 乙\n\n文字。\n",
    )
    corpus = read_corpus(root, site_url="https://x.example.org")
    assert {document.source: (document.status, document.url) for document in corpus.documents} == {
        f"docs/{language}/{name}{suffix}": ("published", f"https://x.example.org/{language}/{name}.html")
        for language in ("en", "zh")
        for name, suffix in (("index", ".rst"), ("b", ".md"))
    }
    assert "乙" in corpus.documents[3].text


def test_a_link_to_a_hidden_file_is_not_read(tmp_path: Path):
    root = write(tmp_path, index_md="# A\n\nText.\n")
    write(root / ".git", config_txt="secret")
    (root / "a.txt").symlink_to(root / ".git" / "config.txt")
    corpus = read_corpus(root)
    assert list(statuses(corpus)) == ["index.md"]
    assert [item.reason for item in corpus.skipped] == ["a link to a hidden file"]
