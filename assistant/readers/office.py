"""Office files: picks the reader of workbooks or of text documents."""

from assistant.errors import ReadError
from assistant.readers.builder import SourceFile
from assistant.schema import Document


def read(file: SourceFile) -> Document:
    """Return a .xlsx or .docx file as a document; raises ReadError where it cannot be read."""
    suffix = file.source.lower().rpartition(".")[2]
    if suffix in ("xlsx", "xlsm"):
        from assistant.readers import xlsx

        return xlsx.read(file)
    if suffix in ("docx", "docm"):
        from assistant.readers import docx

        return docx.read(file)
    raise ReadError(f"{file.source} is no Office file that can be read; save it as .xlsx or .docx.")
