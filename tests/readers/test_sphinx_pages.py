"""rst and MyST pages: each expected.yaml beside a page says what is read from it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_cases import check, check_offsets, expected_cases

from assistant.errors import ReadError
from assistant.readers import myst, rst
from assistant.readers.builder import SourceFile
from assistant.schema import Document

DATA = Path(__file__).parent.parent / "data" / "readers"
CASES = expected_cases(DATA / "rst") + expected_cases(DATA / "myst")


def read(path: Path) -> Document:
    reader = rst if path.suffix == ".rst" else myst
    return reader.read(SourceFile(path.parent, path.name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_page_reads_as_expected(case: Path, capfd: pytest.CaptureFixture[str]):
    suffix = ".rst" if case.parent.name == "rst" else ".md"
    check(read(case.with_name(case.name.removesuffix(".expected.yaml") + suffix)), case)
    assert capfd.readouterr() == ("", "")


def test_a_role_defined_on_one_page_is_unknown_on_the_next(tmp_path: Path):
    (tmp_path / "a.rst").write_text(".. role:: own\n\n:own:`text`\n")
    (tmp_path / "b.rst").write_text(":own:`text`\n")
    assert not read(tmp_path / "a.rst").warnings
    assert [told.code for told in read(tmp_path / "b.rst").warnings] == ["unknown-role"]


def test_docutils_is_left_as_it_was(tmp_path: Path):
    from docutils.parsers.rst import directives, roles

    before = (dict(directives._directives), dict(roles._roles), directives.directive, roles.role)
    (tmp_path / "a.rst").write_text(".. role:: own\n\n.. toctree::\n\n   b\n")
    read(tmp_path / "a.rst")
    assert before == (directives._directives, roles._roles, directives.directive, roles.role)


@pytest.mark.parametrize("name", ["a.rst", "a.md"])
def test_files_outside_the_corpus_are_never_included(tmp_path: Path, name: str):
    (tmp_path / "secret.txt").write_text("secret-outside")
    (tmp_path / "secret.csv").write_text("secret-outside,b\n1,2\n")
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    blocks = [
        ("include", "../secret.txt", ""),
        ("include", str(tmp_path / "secret.txt"), ""),
        ("include", "link.txt", ""),
        ("literalinclude", "../secret.txt", ""),
        ("csv-table", "", ":file: ../secret.csv"),
        ("raw", "html", ":file: ../secret.txt"),
    ]
    if name.endswith(".rst"):
        text = "\n".join(f".. {kind}:: {argument}\n   {option}\n" for kind, argument, option in blocks)
    else:
        text = "\n".join(f"```{{{kind}}} {argument}\n{option}\n```\n" for kind, argument, option in blocks)
    (root / name).write_text(text + "\nEnd.\n")
    document = read(root / name)
    assert document.text.endswith("End.")
    assert "secret-outside" not in str(document)


@pytest.mark.parametrize("name", ["a.rst", "a.md"])
def test_included_files_of_the_corpus_are_part_of_the_page(tmp_path: Path, name: str):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "text.txt").write_text("Shared words.\n")
    (tmp_path / "part" / "rows.csv").write_text("会议,题目\nOSDI,Paper\n")
    if name.endswith(".rst"):
        text = ".. include:: part/text.txt\n\n.. csv-table::\n   :file: /part/rows.csv\n   :header-rows: 1\n"
    else:
        text = "```{include} part/text.txt\n```\n\n```{csv-table}\n:file: part/rows.csv\n:header-rows: 1\n```\n"
    (tmp_path / name).write_text("Top\n===\n\n" + text + "\nEnd.\n")
    document = read(tmp_path / name)
    assert "Shared words." in document.text
    assert document.tables[0].columns == ("会议", "题目")
    assert all(block.line <= 12 for block in document.blocks)


def test_a_page_that_includes_itself_ends(tmp_path: Path):
    (tmp_path / "a.rst").write_text("Text.\n\n.. include:: a.rst\n")
    (tmp_path / "a.md").write_text("Text.\n\n```{include} a.md\n```\n")
    assert "Text." in read(tmp_path / "a.rst").text
    assert "Text." in read(tmp_path / "a.md").text


@pytest.mark.parametrize("content", [b"\x00\x01\x02\xff", b"\xff\xfe\x00"])
def test_a_binary_file_is_a_read_error(tmp_path: Path, content: bytes):
    (tmp_path / "a.rst").write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.rst: not a text file"):
        read(tmp_path / "a.rst")


def test_chinese_of_another_charset_is_read_and_told(tmp_path: Path):
    (tmp_path / "a.rst").write_bytes("实验室\n======\n\n欢迎报考。\n".encode("gb18030"))
    document = read(tmp_path / "a.rst")
    assert document.title == "实验室"
    assert [told.code for told in document.warnings] == ["charset"]


MARKUP = st.lists(
    st.sampled_from(
        """.. note::|.. image:: x|.. |a| replace:: b||a||:ref:`x`|:x:`y`|.. _a:|`a`_|*|**|``|`|::|- a|1. b
        |a|  b|====|----|+--+--+|| a | b ||+==+==+|=  =|.. toctree::|   x|.. x::|[1]_|.. [1] b|__|..
        |# a|## b|```{note}|```|:::{tip}|:::|<div>|</div>|<table><tr><td>x|<!--|-->|$$|[a](b)|![c](d)|{ref}`x`
        |---|a: b|> q|\t|\u3000|中文。|.. table:: t|.. list-table::|   * - a|     - b|.. csv-table::|   a,b
        |.. include:: a.rst|.. role:: r|.. default-role:: r|.. class:: c|.. math::|.. raw:: html|   <b>|
        |.. contents::|.. sectnum::|.. replace:: x|.. unicode:: 0x41|.. date::|.. figure:: f|(a)=|% c|+++
        |.. only:: html|.. glossary::|.. only:: (|{{ a }}|\\|\ue0001\ue001|\x00|\x85|\u2028""".split("|")
    ),
    max_size=30,
).map("\n".join)


@pytest.mark.parametrize("name", ["a.rst", "a.md"])
@settings(max_examples=60, deadline=None)
@given(text=st.one_of(MARKUP, st.text(max_size=200)))
def test_no_text_breaks_a_reader(tmp_path_factory: pytest.TempPathFactory, name: str, text: str):
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        document = read(root / name)
    except ReadError:
        return
    check_offsets(document)
    assert "\ue000" not in document.text
