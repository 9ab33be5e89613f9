"""Holds the house together: imports point down, rooms stay small, and nothing unsafe moves in."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "assistant"

# Top floor first. A module may import from its own floor and those below, never from above.
FLOORS = (
    ("__main__",),
    ("cli", "server", "client"),
    ("evaluation", "comparison", "scores", "reporting", "live", "rebuilding"),
    ("pipeline", "recalling", "questions", "crew", "spreading", "preparing", "cores"),
    ("generation",),
    ("retrieval", "answering", "query", "glossary", "terms"),
    ("readers", "chunking", "index", "journal", "migrations"),
    ("children", "logs"),
    ("settings", "text", "forms"),
    ("segmenting",),
    ("dictionary",),
    ("schema", "errors", "yaml_text", ""),  # "": assistant/__init__.py
)
FLOOR_OF = {room: len(FLOORS) - number for number, rooms in enumerate(FLOORS) for room in rooms}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40  # without the docstring
VAGUE_NAMES = {"utils", "util", "helpers", "common", "misc", "tools"}
SLOW_IMPORTS = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
UNSAFE_YAML = {"load", "load_all", "full_load", "unsafe_load"}
UNSAFE_SCRIPT = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")

Place = tuple[Path, int]


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Return the source files below ``folders``, in a fixed order."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return [path for path in found if path.suffix in suffixes and "node_modules" not in path.parts]


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def nodes(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every syntax node of the Python files below ``folders``, with its file."""
    for path in files(*folders):
        for node in ast.walk(tree(path)):
            yield path, node


def complain(rule: str, offenders: list[tuple[Path, int, str]]) -> None:
    """Fail with one ``path:line`` for each offender."""
    lines = [f"  {path.relative_to(ROOT)}:{line} {what}" for path, line, what in sorted(offenders)]
    assert not lines, "\n".join([rule, *lines])


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(node: ast.AST, known: set[str]) -> list[str]:
    """Return the package's own modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in known]
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return []
    below = [f"{node.module}.{alias.name}" for alias in node.names]
    if submodules := [name for name in below if name in known]:
        return submodules
    return [node.module] if node.module in known else []


def room(module: str) -> str:
    """Return the part of the house that a module belongs to: its first name below the package."""
    return module.split(".")[1] if "." in module else ""


def own_imports() -> list[tuple[Path, int, str, str]]:
    """Return every import of one module of the package by another: (file, line, importer, imported)."""
    known = {module_name(path) for path in files("assistant")}
    return [
        (path, node.lineno, module_name(path), target)
        for path, node in nodes("assistant")
        for target in imported_modules(node, known)
    ]


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has, its docstring left out."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def test_every_module_stands_on_a_floor():
    offenders = [
        (path, 1, f"'{room(module_name(path))}' has no floor in FLOORS")
        for path in files("assistant")
        if room(module_name(path)) not in FLOOR_OF
    ]
    complain("Every module belongs to a floor:", offenders)


def test_imports_point_down():
    offenders = [
        (path, line, f"{importer} imports {imported} from above")
        for path, line, importer, imported in own_imports()
        if FLOOR_OF.get(room(imported), 0) > FLOOR_OF.get(room(importer), 0)
    ]
    complain("Imports point down:", offenders)


def test_imports_form_no_circle():
    graph: dict[str, set[str]] = {}
    for _, _, importer, imported in own_imports():
        graph.setdefault(importer, set()).add(imported)
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"Modules import each other in a circle: {' <- '.join(error.args[1])}")


def test_imports_are_absolute():
    offenders = [
        (path, node.lineno, "relative import")
        for path, node in nodes("assistant", "training", "benchmarks", "tests")
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    complain("Imports are absolute:", offenders)


def test_slow_packages_are_imported_where_they_are_needed():
    offenders = []
    for path in files("assistant"):
        for node in tree(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            offenders += [(path, node.lineno, name) for name in names if name.split(".")[0] in SLOW_IMPORTS]
    complain("Packages that take seconds to import stand inside the function that needs them:", offenders)


def test_files_can_be_held_in_the_head():
    scripts = files("web", suffixes=(".js", ".mjs"))
    offenders = [
        (path, lines, f"has {lines} lines, more than {MAX_FILE_LINES}")
        for path in files("assistant", "training", "benchmarks", "tests") + scripts
        if (lines := len(path.read_text("utf-8").splitlines())) > MAX_FILE_LINES
    ]
    complain("A file has one subject:", offenders)


def test_functions_can_be_held_in_the_head():
    offenders = [
        (path, node.lineno, f"{node.name} has {lines} lines, more than {MAX_FUNCTION_LINES}")
        for path, node in nodes("assistant", "training", "benchmarks", "tests")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := function_lines(node)) > MAX_FUNCTION_LINES
    ]
    complain("A function does one thing:", offenders)


def test_every_module_says_what_it_is():
    offenders = [
        (path, 1, "no docstring")
        for path in files("assistant", "training", "benchmarks")
        if (module := tree(path)).body and not ast.get_docstring(module)
    ]
    complain("Every module has a docstring:", offenders)


def test_no_module_has_a_vague_name():
    offenders = [(path, 1, path.stem) for path in files("assistant", "training") if path.stem in VAGUE_NAMES]
    complain("A function lives with its only subject:", offenders)


def test_init_files_hold_names_and_no_logic():
    plain = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    offenders = [
        (path, node.lineno, type(node).__name__)
        for path in files("assistant")
        if path.name == "__init__.py"
        for node in tree(path).body
        if not isinstance(node, plain)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    complain("__init__.py holds names, never logic:", offenders)


def test_only_the_command_line_prints():
    allowed = {PACKAGE / "cli.py", PACKAGE / "__main__.py"}
    offenders = [
        (path, node.lineno, "print")
        for path, node in nodes("assistant")
        if path not in allowed
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    complain("Only the command line prints:", offenders)


def test_no_error_is_swallowed_whole():
    def catches_all(handler: ast.ExceptHandler) -> bool:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return any(
            kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
            for kind in kinds
        )

    offenders = [
        (path, node.lineno, "catches every error")
        for path, node in nodes("assistant", "training", "benchmarks", "tests")
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    ]
    complain("An except names the errors it expects:", offenders)


def test_nothing_on_disk_can_run_code():
    offenders = []
    for path, node in nodes("assistant", "training", "benchmarks", "tests"):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        offenders += [(path, node.lineno, name) for name in names if name.split(".")[0] in UNSAFE_MODULES]
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in {"eval", "exec"}:
            offenders.append((path, node.lineno, called.id))
        if isinstance(called, ast.Attribute) and ast.unparse(called) in {f"yaml.{name}" for name in UNSAFE_YAML}:
            offenders.append((path, node.lineno, ast.unparse(called)))
    complain("No pickle, no eval, no unsafe YAML:", offenders)


def test_text_reaches_the_page_as_text():
    offenders = [
        (path, number, word)
        for path in files("web", suffixes=(".js", ".mjs", ".html"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for word in UNSAFE_SCRIPT
        if word in line
    ]
    complain("The page is made with textContent:", offenders)


def test_the_linter_finds_nothing():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-1000:]
