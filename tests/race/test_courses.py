"""What is raced over."""

from pathlib import Path

import pytest

from assistant.errors import AssistantError
from benchmarks.race.courses import MARKER, Course, make_course, read_generation, recombine
from benchmarks.race.protocol import read_passages


def test_a_course_holds_the_passages_before_and_after_one_document_changes(course: Course, corpus: Path):
    before = read_passages(course.passages)
    after = read_passages(course.added)
    assert {text.id for text in before if text.source == course.changed} == set(course.removed)
    assert {text.source for text in after} == {course.changed}
    assert not any(MARKER in text.text for text in before)
    assert any(MARKER in text.text for text in after)
    assert {text.id for text in (*before, *after)} == set(course.texts)


def test_the_documents_of_a_course_are_a_copy_and_as_they_were(course: Course, corpus: Path):
    assert course.documents != corpus
    assert (course.documents / course.changed).read_text("utf-8") == (corpus / course.changed).read_text("utf-8")


def test_passages_begin_with_their_headings(course: Course):
    assert any(text.text.startswith("DeepLink Research Group › 联合培养博士\n") for text in read_passages(course.passages))


def test_a_corpus_without_a_page_that_can_be_changed_is_refused(tmp_path: Path):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "index.html").write_text("<html><body><h1>Lab</h1><p>We build compilers.</p></body></html>")
    with pytest.raises(AssistantError, match="to update"):
        make_course("html", documents, tmp_path / "work")


@pytest.mark.slow
def test_recombined_pages_are_the_same_each_time_and_about_as_many_as_asked_for(course: Course, tmp_path: Path):
    generation = read_generation(course.documents, tmp_path / "index")
    for name in ("once", "twice"):
        recombine([generation], tmp_path / name, 60)
    once, twice = (
        {path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())} for name in ("once", "twice")
    )
    assert once == twice
    assert any("|" in page.decode() for page in once.values()), "rows are recombined too"
    made = make_course("recombined", tmp_path / "once", tmp_path / "work")
    assert 40 <= len(read_passages(made.passages)) <= 70
