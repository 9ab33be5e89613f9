"""What is wrong in the documents, looked for in small sites of each kind."""

from datetime import date
from pathlib import Path

import pytest

from assistant.readers.corpus import read_corpus
from assistant.readers.listing import list_files
from assistant.readers.site import describe_site
from assistant.reporting.documents import inspect_documents
from assistant.reporting.links import broken_links
from assistant.settings import CorpusSettings, IndexSettings, Settings

TODAY = date(2026, 11, 22)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def broken(root: Path, *, site_url: str = "") -> list[str]:
    corpus = read_corpus(root, site_url=site_url)
    site = describe_site(root, list_files(root, ()).files, site_url=site_url)
    return [f"{one.source}:{one.line} {one.detail}" for one in broken_links(site, corpus.documents)]


def test_links_of_a_sphinx_site(tmp_path):
    home = """
主页
====

:doc:`doc/join` :doc:`/doc/join` `加入 <doc/join.html>`_ `表格 <_static/form.pdf>`_ `索引 <genindex.html>`_
`外部 <https://other.example/nowhere.html>`_ `信 <mailto:a@b.org>`_ `上 <#top>`_

`旧页 <doc/old.html>`_

`旧表 <_static/old.pdf>`_

.. toctree::

   doc/join
"""
    join = "# 加入\n\n[主页](../index.rst) [也是](/index.html) [目录](../doc/) [没有](nothing.md)\n\n这里写怎么加入我们。\n"
    write(tmp_path, {"conf.py": "", "index.rst": home, "doc/join.md": join, "_static/form.pdf": ""})
    assert broken(tmp_path) == [
        "doc/join.md:3 nothing.md", "index.rst:8 doc/old.html", "index.rst:10 _static/old.pdf",
    ]  # fmt: skip


def test_links_of_an_html_site_to_its_own_address(tmp_path):
    page = """<html><body><h1>主页</h1><p>实验室研究编译器和图形学。
<a href="https://lab.example/people.html#li">成员</a> <a href="https://lab.example/gone.html">旧</a>
<a href="/people.html?x=1">成员</a> <a href="people">成员</a> <a href="//cdn.example/x.js">外</a>
<a href="javascript:void(0)">点</a> <a href="../../people.html">成员</a> <a href="%E6%96%87.pdf">文</a></p></body></html>"""
    people = "<html><body><h1>成员</h1><p>李明是组长，王芳是博士生。</p></body></html>"
    write(tmp_path, {"index.html": page, "people.html": people, "文.pdf": ""})
    assert broken(tmp_path, site_url="https://lab.example/") == ["index.html:2 https://lab.example/gone.html"]


def test_pages_that_a_generator_makes_are_not_called_broken(tmp_path):
    page = "# 首页\n\n[归档](/archive/) [标签](/tags/ml/) [人](/people/li/) [论文](/files/a.pdf) [没有](/files/b.pdf)\n\n实验室研究编译器。\n"
    write(tmp_path, {"_config.yml": "title: 课题组", "index.md": f"---\ntitle: 首页\n---\n{page}", "files/a.pdf": ""})
    assert broken(tmp_path) == ["index.md:6 /files/b.pdf"]


@pytest.mark.parametrize("target", ["http://[bad", "a\\b", "?q=1", "{{ x }}", "tel:123"])
def test_a_target_that_is_no_path_of_the_site_is_left_alone(tmp_path, target):
    write(tmp_path, {"index.md": f"# 首页\n\n[x](<{target}>) 实验室研究编译器。\n"})
    assert broken(tmp_path) == []


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    root = tmp_path_factory.mktemp("flawed")
    home = """
实验室
======

我们研究编译器和图形学，欢迎来信。报名截止日期：2024年3月31日。

.. toctree::

   papers
   todo
   missing

+----+----+
| a  | b
+----+----+

`旧页 <old.html>`_
"""
    papers = "# 论文\n\n| 论文 | 会议 |\n|---|---|\n| Fisheye-GS | ECCV 2024 |\n"
    other = "# 旧论文\n\n| 论文 | 会议 |\n|---|---|\n| Fisheye-GS | ECCV 2023 |\n"
    files = {"conf.py": "", "index.rst": home, "papers.md": papers, "old_papers.md": other, "todo.md": "# 待写\n\nTODO\n"}
    corpus = write(root / "corpus", files)
    return Settings(
        corpus=CorpusSettings(path=corpus, site_url="https://lab.example"), index=IndexSettings(path=root / "index")
    )


def test_every_flaw_of_a_site_is_found_once(settings):
    found = inspect_documents(settings, today=TODAY)
    assert [(one.source, one.detail) for one in found.conflicts] == [
        ("papers.md", "会议: ECCV 2024 ≠ ECCV 2023 (old_papers.md:5)")
    ]
    assert [(one.source, one.line, one.detail) for one in found.outdated] == [("index.rst", 5, "2024-03-31")]
    assert [(one.source, one.line) for one in found.broken_links] == [("index.rst", 17), ("index.rst", 11)]
    assert [(one.source, one.detail) for one in found.unread_tables] == [("index.rst", "malformed-table")]
    assert [one.source for one in found.placeholders] == ["todo.md"]
    assert [one.source for one in found.orphans] == ["old_papers.md"]
    assert found.other == ()
    assert inspect_documents(settings, today=TODAY) == found  # from what was read before


def test_nothing_is_said_of_a_site_without_flaws(tmp_path):
    write(tmp_path, {"index.md": "# 实验室\n\n我们研究编译器和图形学，常年招收博士生。\n"})
    found = inspect_documents(Settings(corpus={"path": tmp_path}, index={"path": tmp_path / ".index"}), today=TODAY)
    assert not any(getattr(found, name) for name in found.__dataclass_fields__)
