"""Collects what is wrong in the documents: what a build knows, dead links and outdated dates."""

from collections.abc import Sequence
from datetime import date

from assistant.index.conflicts import told_once
from assistant.index.readings import ReadingFiles
from assistant.index.records import build_records
from assistant.readers.corpus import Corpus, read_corpus
from assistant.readers.listing import list_files
from assistant.readers.site import describe_site
from assistant.reporting.announcements import outdated_announcements
from assistant.reporting.links import broken_links
from assistant.reporting.nouns import DocumentFindings, Finding
from assistant.schema import Conflict, Document, Record, Status
from assistant.settings import Settings

_TABLES = frozenset({"malformed-table", "malformed-entry"})
_LINKS = frozenset({"missing-page", "unknown-target"})


def inspect_documents(settings: Settings, *, today: date) -> DocumentFindings:
    """Read the corpus (files that did not change since the last build are not read again) and judge it.

    Raises CorpusError where there is nothing to read.
    """
    site_url, exclude = settings.corpus.site_url, settings.corpus.exclude
    memory = ReadingFiles(settings.index.path / ".readings")
    corpus = read_corpus(settings.corpus.path, site_url=site_url, exclude=exclude, memory=memory)
    files = list_files(settings.corpus.path, exclude).files
    site = describe_site(settings.corpus.path, files, site_url=site_url)
    written = [document for document in corpus.documents if document.status != "placeholder"]
    dead = broken_links(site, written)
    return DocumentFindings(
        conflicts=tuple(_conflict(*pair) for pair in told_once(build_records(written))),
        outdated=outdated_announcements(written, today=today),
        broken_links=dead + _warned(corpus, _LINKS, besides=dead),
        unread_tables=_warned(corpus, _TABLES),
        placeholders=_with_status(corpus.documents, "placeholder"),
        orphans=_with_status(corpus.documents, "orphan"),
        other=_warned(corpus, frozenset(w.code for w in corpus.warnings) - _TABLES - _LINKS),
    )


def _conflict(record: Record, conflict: Conflict) -> Finding:
    place = record.places[0]
    mine = next(field.value for field in record.fields if field.name == conflict.field)
    row = " · ".join(field.value for field in record.fields if field.name != conflict.field)
    other = f"{conflict.value} ({conflict.place.source}:{conflict.place.line})"
    return Finding(place.source, place.line, place.url, row, f"{conflict.field}: {mine} ≠ {other}")


def _with_status(documents: Sequence[Document], status: Status) -> tuple[Finding, ...]:
    return tuple(Finding(d.source, 0, d.url, d.title, "") for d in documents if d.status == status)


def _warned(corpus: Corpus, codes: frozenset[str], *, besides: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """Return the readers' warnings of ``codes``, each line once and none of a line found otherwise."""
    urls = {document.source: document.url for document in corpus.documents}
    known = {(finding.source, finding.line) for finding in besides}
    return tuple(
        Finding(w.source, w.line, urls.get(w.source, ""), w.message, w.code)
        for w in dict.fromkeys(corpus.warnings)
        if w.code in codes and (w.source, w.line) not in known
    )
