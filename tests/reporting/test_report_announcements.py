"""Dates are found in both languages, and past ones only where something is announced."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from assistant.readers.corpus import read_corpus
from assistant.reporting.announcements import outdated_announcements
from assistant.reporting.dates import find_dates

DATA = Path(__file__).parents[1] / "data" / "reporting"
DATES = yaml.safe_load((DATA / "dates.yaml").read_text("utf-8"))
PAGES = yaml.safe_load((DATA / "announcements.yaml").read_text("utf-8"))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("case", DATES, ids=lambda case: case["text"])
def test_dates_are_found_with_the_last_day_they_can_mean(case):
    assert [found.last_day for found in find_dates(case["text"])] == case["last"]


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case["name"])
def test_what_is_past_and_still_announced_is_told(case, tmp_path):
    (tmp_path / "page.md").write_text(case["page"], "utf-8")
    found = outdated_announcements(read_corpus(tmp_path).documents, today=TODAY)
    assert len(found) == len(case["expect"]), [one.text for one in found]
    for finding, start in zip(found, case["expect"], strict=True):
        assert finding.text.startswith(start)


def test_a_dated_post_is_what_was(tmp_path):
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_config.yml").write_text("title: 课题组", "utf-8")
    text = "---\ntitle: 招生\n---\n\n申请截止日期：2024年3月31日。\n"
    (tmp_path / "_posts" / "2024-01-02-call.md").write_text(text, "utf-8")
    (tmp_path / "index.md").write_text(text, "utf-8")
    found = outdated_announcements(read_corpus(tmp_path).documents, today=TODAY)
    assert [one.source for one in found] == ["index.md"]


def test_a_finding_says_where_it_stands_and_since_when(tmp_path):
    (tmp_path / "join.md").write_text("# 招生\n\n## 时间\n\n报名截止：2024年3月31日\n", "utf-8")
    [found] = outdated_announcements(
        read_corpus(tmp_path, site_url="https://lab.example").documents, today=TODAY
    )
    assert (found.source, found.line, found.detail) == ("join.md", 5, "2024-03-31")
    assert found.url.startswith("https://lab.example/join.html#")
