"""What an expected.yaml says about a document: shared by the tests of all readers of pages."""

from pathlib import Path
from typing import Any

import yaml

from assistant.schema import Document


def expected_cases(folder: Path) -> list[Path]:
    """Return every expected file of ``folder``, sorted."""
    return sorted(folder.glob("*.expected.yaml"))


def described(document: Document) -> dict[str, Any]:
    """Return the document as an expected file writes it."""
    return {
        "title": document.title,
        "sections": [
            f"{section.line} {' > '.join(section.heading_path)} #{section.anchor}".strip()
            for section in document.sections
        ],
        "blocks": [f"{block.line} {block.kind} {document.text[block.start : block.end]}" for block in document.blocks],
        "tables": [
            {
                "name": table.name,
                "line": table.line,
                "columns": list(table.columns),
                "rows": [list(row.cells) for row in table.rows],
            }
            for table in document.tables
        ],
        "links": [f"{link.line} {link.text} -> {link.target}" for link in document.links],
        "warnings": [f"{told.line} {told.code}" for told in document.warnings],
    }


def check(document: Document, case: Path) -> None:
    """Compare ``document`` with the keys that ``case`` names."""
    expected = yaml.safe_load(case.read_text("utf-8"))
    found = described(document)
    for key, value in expected.items():
        assert found[key] == value, f"{case.name}: {key}"
    assert "secret" not in document.text + str(document.tables) + str(document.links)
    check_offsets(document)


def check_offsets(document: Document) -> None:
    """Blocks and sections are non-empty slices, in order, that do not overlap."""
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(document.text)
        assert document.text[block.start : block.end].strip()
        section = document.sections[block.section]
        assert section.start <= block.start and block.end <= section.end
        assert block.line >= 1
        end = block.end
    for table in document.tables:
        for row in table.rows:
            assert len(row.cells) == len(table.columns)
            assert document.text[row.start : row.end] == "\t".join(row.cells).strip("\t")
