"""What visitors write about themselves is taken out before it is kept."""

from pathlib import Path

import pytest
import yaml

from assistant.journal import masked

CASES = yaml.safe_load((Path(__file__).parents[1] / "data" / "journal" / "masked.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_contacts_in_a_text_are_masked_and_nothing_else(case):
    assert masked(case["text"]) == case.get("kept", case["text"])
