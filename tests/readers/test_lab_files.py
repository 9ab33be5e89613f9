"""HTML, Markdown sites, data and Office files: each expected.yaml says what is read from a file."""

import io
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from page_cases import check, check_offsets, expected_cases

from assistant.errors import ReadError
from assistant.readers import bibtex, data, frontmatter, html, liquid, markdown, office, pdf, yaml_tree
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.schema import Document

DATA = Path(__file__).parent.parent / "data" / "readers"
READERS = {"html": html, "markdown": markdown, "data": data, "office": office, "pdf": pdf}
CASES = [case for name in READERS for case in sorted((DATA / name).rglob("*.expected.yaml"))]


def read(case: Path) -> Document:
    folder = case.relative_to(DATA).parts[0]
    source = case.relative_to(DATA / folder).as_posix().removesuffix(".expected.yaml")
    return READERS[folder].read(SourceFile(DATA / folder, source))


def read_html(markup: str) -> Document:
    return html.read_page(DocumentBuilder("page.html"), markup)


def texts(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(DATA).as_posix())
def test_file_reads_as_expected(case: Path, capfd: pytest.CaptureFixture[str]):
    check(read(case), case)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("folder", READERS)
def test_every_kind_of_file_has_a_case(folder: str):
    assert expected_cases(DATA / folder) or list((DATA / folder).rglob("*.expected.yaml"))


# Markup that a browser does not show, around one secret word.
HIDDEN = [
    "<!-- {} -->",
    "<p hidden>{}</p>",
    "<p style='display: none'>{}</p>",
    "<p style='color:red;VISIBILITY:hidden'>{}</p>",
    "<div aria-hidden='true'><p>{}</p></div>",
    "<script>{}</script>",
    "<style>.{}{{}}</style>",
    "<template><p>{}</p></template>",
    "<noscript>{}</noscript>",
    "<p class='off'>{}</p>",
    "<p class='a off b'>{}</p>",
    "<div class=outer><p class=inner>{}</p></div>",
    "<p id=gone>{}</p>",
    "<span class='sr-only'>{}</span>",
    "<input value='{}'>",
    "<p style='font-size:0'>{}</p>",
    "<p style='opacity:0'>{}</p>",
    "<iframe>{}</iframe>",
    "<textarea>{}</textarea>",
    "<div style='position:absolute; left:-9999px'>{}</div>",
    "<a title='{}' href='#'>link</a>",
    "<nav><a href='x'>{}</a></nav>",
]
SHEET = (
    "<style>/* c */ .off, b.x{display:none} @media print{p{display:none}}"
    " .outer .inner{visibility:hidden} #gone{display:none}</style>"
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(HIDDEN), st.sampled_from(["<p>{}</p>", "<td>{}", "<li>{}", "{}", "<div>{}"])))
)
def test_hidden_text_never_appears(parts: list[tuple[str, str]]):
    markup = "".join(around.format("shown " + hidden.format("zqxjkv")) for hidden, around in parts)
    document = read_html(f"<html><head>{SHEET}</head><body>{markup}<p>end</p></body></html>")
    assert "zqxjkv" not in document.text + str(document.tables)
    assert texts(document)[-1].endswith("end")


TAGS = st.sampled_from(
    "p div span table tr td th ul ol li dl dt dd h1 h2 h3 a b i br hr pre section article header footer main form "
    "figure details summary thead tbody caption blockquote center font nav aside".split()
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        " class=card",
        " class=name",
        " class='title x'",
        " colspan=3",
        " rowspan=999999999",
        " colspan=-1",
        " hidden",
        " href=mailto:a@b.cn",
        " id=a",
        " style='display:none'",
        " role=main",
        " data-cfemail=00zz",
        " class=nav",
    ]  # fmt: skip
)
MARKUP = st.lists(
    st.one_of(
        st.builds("<{}{}>".format, TAGS, ATTRIBUTES),
        st.builds("</{}>".format, TAGS),
        st.sampled_from(
            ["王明（2021级）", "Ann Lee. A Study of Fast Joins. VLDB 2020.", "2024-01-02 news", "x", " ", "&nbsp;"]
        ),
        st.text(max_size=12),
    ),
    max_size=60,
).map("".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MARKUP)
@example("<div>" * 3000 + "deep")
@example("<table><tr>" + "<td colspan=100 rowspan=5000>x" * 300)
@example("<ul>" + "<li><ul>" * 500 + "x")
def test_any_markup_is_read(markup: str):
    check_offsets(read_html(markup))


@settings(max_examples=60, deadline=None)
@given(MARKUP | st.text())
def test_any_markdown_is_read(text: str):
    builder = DocumentBuilder("page.md")
    markdown.write_markdown(builder, liquid.without_template_tags(text, {}))
    check_offsets(builder.build())


@given(st.text(alphabet="ab \n{}%-'\"|<>`~=raw endfor if else comment"))
def test_template_tags_leave_the_number_of_lines(text: str):
    assert liquid.without_template_tags(text, {}).count("\n") == text.count("\n")


@given(st.text())
def test_markdown_lines_stay_where_they_are(text: str):
    page = frontmatter.split_page(f"---\ntitle: x\n---\n{text}", source="x.md")
    assert page.body.count("\n") == text.count("\n") + 3


@given(st.text(alphabet='@article{},="# \nab\\and1'))
def test_any_bibtex_is_read(text: str):
    builder = DocumentBuilder("x.bib")
    bibtex.write_bibtex(builder, text, name="x")
    check_offsets(builder.build())


@given(st.text())
def test_any_yaml_is_read_or_refused_in_one_sentence(text: str):
    try:
        yaml_tree.parse_yaml(text, source="x.yml")
    except ReadError as error:
        assert "\n" not in str(error)


def test_aliases_cannot_make_a_short_yaml_file_endless():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ReadError, match="too large"):
        yaml_tree.parse_yaml("\n".join(lines), source="x.yml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"not a zip"),
        ("a.docx", b"PK\x03\x04 cut off"),
        ("a.pdf", b"%PDF-1.7 cut off"),
        ("a.pdf", b""),
        ("a.yml", b"a: [1, 2\nb: }"),
        ("a.csv", b"\x00\x01\x02"),
        ("a.html", b"\x00\x01\x02"),
        ("a.md", b"---\ntitle: [\n---\ntext"),
        ("a.md", b"---\npublished: false\n---\ntext"),
        ("a.md", b"+++\ntitle = \n+++\ntext"),
        ("_posts/2199-01-01-later.md", b"text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    readers = {"xlsx": office, "docx": office, "pdf": pdf, "yml": data, "csv": data, "html": html, "md": markdown}
    with pytest.raises(ReadError) as caught:
        readers[name.rpartition(".")[2]].read(SourceFile(tmp_path, name))
    assert str(caught.value).startswith(name) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["students.xlsx", "safety.docx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.randoms(use_true_random=False))
def test_a_damaged_office_file_is_read_or_refused(tmp_path: Path, name: str, seed: random.Random):
    content = bytearray((DATA / "office" / name).read_bytes())
    for _ in range(20):
        content[seed.randrange(len(content))] = seed.randrange(256)
    (tmp_path / name).write_bytes(content)
    try:
        check_offsets(office.read(SourceFile(tmp_path, name)))
    except ReadError as error:
        assert str(error).startswith(name)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\x00" * 50_000_000)
    (tmp_path / "bomb.xlsx").write_bytes(packed.getvalue())
    with pytest.raises(ReadError, match="times its size"):
        office.read(SourceFile(tmp_path, "bomb.xlsx"))


def test_a_file_over_the_limit_is_refused(tmp_path: Path):
    with (tmp_path / "big.html").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(ReadError, match="60 MB"):
        html.read(SourceFile(tmp_path, "big.html"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("meta", ["", '<meta charset="gb2312">'])
def test_chinese_pages_are_read_in_any_charset(tmp_path: Path, encoding: str, meta: str):
    markup = (
        f"<html><head>{meta}<title>实验室</title></head><body><p>本组长期招收博士研究生，欢迎来信。</p></body></html>"
    )
    (tmp_path / "a.html").write_bytes(markup.encode(encoding))
    assert texts(html.read(SourceFile(tmp_path, "a.html"))) == ["本组长期招收博士研究生，欢迎来信。"]


def test_a_fragment_keeps_its_place_in_the_page_around_it():
    builder = DocumentBuilder("page.md")
    html.read_fragment(
        builder,
        "<table>\n<tr><th>A</th><th>B</th></tr>\n<tr><td><button>x</button></td><td>y</td></tr>\n</table>",
        line=10,
    )
    document = builder.build()
    assert document.tables[0].columns == ("A", "B")
    assert [(row.cells, row.line) for row in document.tables[0].rows] == [(("x", "y"), 12)]


def test_an_obfuscated_address_stays_as_written():
    document = read_html(
        '<p><a href="mailto:wang@lab.cn">wang [at] lab.cn</a>, <a href="mailto:li@lab.cn">李老师</a></p>'
    )
    assert texts(document) == ["wang [at] lab.cn, 李老师 (li@lab.cn)"]


def test_a_panel_that_a_tab_opens_is_read():
    document = read_html(
        "<style>.panel{display:none}</style><button onclick=\"openTab('y2020')\">2020</button>"
        "<div class=panel id=y2020><p>shown by the tab</p></div><div class=panel id=other><p>never</p></div>"
    )
    assert "shown by the tab" in texts(document) and "never" not in document.text
