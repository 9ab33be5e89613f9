"""SECURITY.md promises nothing that no test holds."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROMISES = [line for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if "::" in line]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_promise_names_tests_that_exist():
    assert len(PROMISES) > 20
    for line in PROMISES:
        found = NAMED.findall(line)
        assert found and len(found) == line.count("::"), line
        for path, name in found:
            module = ast.parse((ROOT / path).read_text("utf-8"))
            assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}, (path, name)
