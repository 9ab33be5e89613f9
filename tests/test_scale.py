"""The passages that the scale benchmark measures with, and its plot."""

from itertools import islice
from xml.etree import ElementTree as Xml

from assistant.chunking import chunk
from assistant.text import sentences
from benchmarks.growth import Curve, draw
from benchmarks.pieces import Piece, documents, endless

PIECES = (
    Piece(("安装",), ("先下载源码。再运行脚本。", "需要一块显卡。"), "zh"),
    Piece(("Install", "Linux"), ("Fetch the sources. Run the script.",), "en"),
)


def sentences_of(pieces: list[Piece], language: str) -> set[str]:
    texts = [text for piece in pieces if piece.language == language for text in piece.paragraphs]
    return {text[start:end] for text in texts for start, end in sentences(text)}


def test_real_sections_come_first_and_then_their_sentences_recombined():
    found = list(islice(endless(PIECES), 40))
    assert tuple(found[:2]) == PIECES
    assert [piece.headings for piece in found] == [piece.headings for piece in PIECES] * 20
    for language in ("zh", "en"):
        assert sentences_of(found, language) == sentences_of(list(PIECES), language)
    assert len({piece.paragraphs for piece in found}) > 10
    assert found == list(islice(endless(PIECES), 40))


def test_documents_are_whole_and_give_about_as_many_passages():
    made = documents(endless(PIECES), 200)
    assert 0.6 * 200 < sum(len(chunk(document)) for document in made) < 1.6 * 200
    for document in made:
        for block in document.blocks:
            section = document.sections[block.section]
            assert section.start <= block.start < block.end <= section.end <= len(document.text)
    assert len({document.source for document in made}) == len(made)


def test_a_plot_shows_every_value():
    shown = Xml.fromstring(draw([Curve("build, s", [(10, 0.5), (1000, 20.0)]), Curve("disk, MB", [(10, 3.0)])]))
    words = [element.text for element in shown.iter() if element.tag.endswith("text")]
    assert {"build, s", "disk, MB", "0.5", "20", "3", "1,000"} <= set(words)
