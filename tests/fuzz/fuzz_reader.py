"""Feeds one reader what libFuzzer thinks of, guided by the code it reaches.

    python tests/fuzz/fuzz_reader.py html -max_total_time=600 [folder of inputs to keep]

What follows the reader's name goes to libFuzzer. It ends with 0 where no input made the reader
crash, hang for longer than -timeout, or give a document whose parts do not fit its text.
"""

import io
import logging
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parent.parent
SAMPLES = TESTS / "data" / "readers"
sys.path[:0] = [str(TESTS.parent), str(TESTS / "readers")]

with atheris.instrument_imports(include=["assistant.readers", "docutils.parsers", "myst_parser", "markdown_it"]):
    from assistant.errors import ReadError
    from assistant.readers import bibtex, data, docx, html, markdown, myst, pdf, rst, xlsx  # noqa: F401
    from assistant.readers.choosing import read_file
    from assistant.readers.page import Page, resolve
    from assistant.readers.site import Site
    from assistant.readers.sphinx_conf import read_conf

from page_cases import check_offsets  # noqa: E402

from assistant.chunking import chunk  # noqa: E402
from assistant.readers.reading import SphinxSettings  # noqa: E402

# Reader → the suffix of its files and the folders of samples to start from.
READERS = {
    "rst": (".rst", "rst"),
    "myst": (".md", "myst"),
    "markdown": (".md", "markdown"),
    "html": (".html", "html"),
    "yaml": (".yaml", "data"),
    "bibtex": (".bib", "data"),
    "csv": (".csv", "data"),
    "pdf": (".pdf", "pdf"),
    "xlsx": (".xlsx", ""),
    "docx": (".docx", ""),
    "conf": (".py", "sites/sphinx"),
}
# Bytes of a zip file hardly ever survive a change: the part that holds the content is made up instead.
PART = {"xlsx": "xl/worksheets/sheet1.xml", "docx": "word/document.xml"}
ROOT_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
DOCX_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
DOCX = {"[Content_Types].xml": DOCX_TYPES.encode(), "_rels/.rels": ROOT_RELATIONS.encode()}


def packed(reader: str, content: bytes, parts: dict[str, bytes]) -> bytes:
    """Return ``content`` as the main part of an Office file, else as it is."""
    if reader not in PART:
        return content
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in {**parts, PART[reader]: content}.items():
            archive.writestr(name, part)
    return file.getvalue()


def office_parts(reader: str) -> dict[str, bytes]:
    """Return what an Office file holds around its main part."""
    if reader == "docx":
        return DOCX
    with zipfile.ZipFile(SAMPLES / "office" / "students.xlsx") as archive:
        return {name: archive.read(name) for name in archive.namelist()} if reader == "xlsx" else {}


def samples(reader: str) -> list[bytes]:
    """Return the contents to start from."""
    if reader in PART:
        name = {"xlsx": "students.xlsx", "docx": "safety.docx"}[reader]
        with zipfile.ZipFile(SAMPLES / "office" / name) as archive:
            return [archive.read(PART[reader])]
    suffix, folder = READERS[reader]
    suffixes = (".yml", ".yaml") if reader == "yaml" else (suffix,)
    paths = sorted((SAMPLES / folder).iterdir())
    return [p.read_bytes() for p in paths if p.suffix in suffixes and not p.name.endswith(".expected.yaml")]


def main() -> None:
    """Run libFuzzer over the reader that the command line names."""
    reader, *options = sys.argv[1:]
    suffix, _ = READERS[reader]
    logging.disable(logging.CRITICAL)
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    inputs = root / "inputs"
    inputs.mkdir()
    for number, sample in enumerate(samples(reader)):
        (inputs / str(number)).write_bytes(sample)
    path = root / f"page{suffix}"
    parts = office_parts(reader)
    kind = "sphinx" if reader in ("rst", "myst") else "plain"
    site = Site(root, kind, SphinxSettings(docnames=("page", "other")), (path.name,), "")

    def try_one(content: bytes) -> None:
        path.write_bytes(packed(reader, content, parts))
        if reader == "conf":
            read_conf(path)
            return
        try:
            read = read_file(site, path.name)
        except ReadError as error:
            if "\n" in str(error):
                raise ValueError("an error of more than one line") from error
            return
        document = resolve(read, {}, {}) if isinstance(read, Page) else read
        check_offsets(document)
        for passage in chunk(document):
            if document.text[passage.place.start : passage.place.end] != passage.text:
                raise ValueError("a passage is not the text at its place")

    folders = [option for option in options if not option.startswith("-")] + [str(inputs)]
    flags = [option for option in options if option.startswith("-")]
    limits = ["-timeout=20", "-rss_limit_mb=3000", f"-artifact_prefix={tempfile.gettempdir()}/"]
    atheris.Setup([sys.argv[0], *limits, *flags, *folders], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
