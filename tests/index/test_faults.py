"""Whatever goes wrong at whichever write, fsync or rename: an index serves, and the next build works."""

import ast
import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import FAULTS, Disk, in_child, on
from generations import MODEL, small_generation

from assistant.errors import IndexMissing, SettingsError
from assistant.index import generations, store

small_generation = functools.cache(small_generation)

TESTS = Path(__file__).resolve().parent.parent
ONE, TWO, THREE = (small_generation(name).manifest.generation for name in ("one", "two", "three"))
posix = pytest.mark.skipif(os.name != "posix", reason="kill -9 and fork are POSIX")


def index_of_two(folder: Path) -> Path:
    """Return a folder whose current generation is two and whose previous one is one."""
    for name in ("one", "two"):
        store.save(folder, small_generation(name))
    return folder


def save_three(folder: Path) -> None:
    store.save(folder, small_generation("three"))


def operations(folder: Path, action: Callable[[Path], object] = save_three) -> list[tuple[str, str]]:
    """Return what a faultless save, or another action, does to the disk."""
    with on(Disk()) as disk:
        action(folder)
    return disk.log


def check(folder: Path, *, reported: bool) -> None:
    """The folder serves a whole generation, one was there before, and the next save succeeds."""
    serving = store.load(folder, model=MODEL).manifest.generation
    assert serving in ({THREE} if reported else {TWO, THREE})
    assert store.load_last_good(folder, model=MODEL).manifest.generation == serving
    save_three(folder)
    assert store.load(folder, model=MODEL).manifest.generation == THREE
    assert sorted(path.name for path in folder.iterdir()) == sorted([TWO, THREE, "current", "previous"])
    store.roll_back(folder)
    assert store.load(folder, model=MODEL).manifest.generation == TWO


def check_step(folder: Path, *, reported: bool) -> None:
    """The folder serves one of its two whole generations, and a step back leads to the other."""
    serving = store.load(folder, model=MODEL).manifest.generation
    assert serving in ({ONE} if reported else {ONE, TWO})
    assert generations.rolled_back_from(folder) == (TWO if serving == ONE else "")
    if serving == TWO:
        assert store.roll_back(folder) == store.load(folder, model=MODEL).manifest.generation == ONE
    elif not reported:  # cut short between the two pointers: the way forth is a build
        with contextlib.suppress(IndexMissing):
            assert store.roll_back(folder) == store.load(folder, model=MODEL).manifest.generation == TWO
    else:
        assert store.roll_back(folder) == store.load(folder, model=MODEL).manifest.generation == TWO
    save_three(folder)
    assert sorted(path.name for path in folder.iterdir())[2:] == ["current", "previous"]


Action, Check = Callable[[Path], object], Callable[..., None]
ACTIONS: dict[str, tuple[Action, Check]] = {"save": (save_three, check), "step back": (store.roll_back, check_step)}


def survive(template: Path, folder: Path, at: int, fault: str, action: str = "save") -> None:
    """Act with one fault, in a child where it kills; then check."""
    act, check = ACTIONS[action]
    shutil.copytree(template, folder)
    disk = Disk(at, FAULTS[fault])

    def work() -> None:
        with on(disk):
            act(folder)

    if fault.startswith("killed"):
        assert in_child(work) == -9
        check(folder, reported=False)
    else:
        try:
            work()
            reported = True
        except SettingsError as error:
            reported = False
            assert "the index cannot be written (" in str(error)
        assert len(disk.log) > at
        check(folder, reported=reported)
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["full disk", "input/output error", "short write"])
def test_every_operation_may_fail(fault: str, tmp_path: Path):
    assert walk(str(tmp_path), fault) > 50


@pytest.mark.slow
@posix
@pytest.mark.parametrize("fault", ["killed before", "killed after"])
def test_the_builder_may_be_killed_at_every_operation(fault: str, tmp_path: Path):
    assert walk_apart(tmp_path, fault, "save") > 50


def walk_apart(folder: Path, fault: str, action: str) -> int:
    """Walk in a fresh process: forking one that other tests gave threads is asking for trouble."""
    code = (
        f"import sys; sys.path[:0] = [{str(TESTS)!r}, {str(TESTS / 'index')!r}]\n"
        f"import test_faults; print(test_faults.walk({str(folder)!r}, {fault!r}, {action!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=TESTS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


def walk(folder: str, fault: str, action: str = "save") -> int:
    """Let one fault meet each operation of an action in turn; returns how many there are."""
    template = index_of_two(Path(folder) / "template")
    count = len(operations(shutil.copytree(template, Path(folder) / "recorded"), ACTIONS[action][0]))
    for at in range(count):
        survive(template, Path(folder) / "index", at, fault, action)
    return count


@pytest.mark.parametrize("fault", ["full disk", "input/output error", "short write"])
def test_a_step_back_may_fail_anywhere(fault: str, tmp_path: Path):
    assert walk(str(tmp_path), fault, "step back") >= 10


@pytest.mark.slow
@posix
@pytest.mark.parametrize("fault", ["killed before", "killed after"])
def test_a_step_back_may_be_killed_anywhere(fault: str, tmp_path: Path):
    assert walk_apart(tmp_path, fault, "step back") >= 10


def test_what_the_pointer_names_is_on_the_disk_before_it(tmp_path: Path):
    """A power cut keeps what was fsynced, so the order of fsyncs and renames is what counts."""
    folder = index_of_two(tmp_path / "index")
    log = operations(folder)
    switched = log.index(("replace", str(folder / "current")))
    installed = log.index(("replace", str(folder / THREE)))
    assert installed < switched
    for number, (name, path) in enumerate(log):
        if name == "write" and ".building-" in path:
            assert ("fsync", path) in log[number:installed], path
        if name == "mkdir" and ".building-" in path:
            assert ("fsync", path) in log[number:installed], path
        if name == "replace":
            assert ("fsync", str(folder)) == log[number + 1], path


def test_nothing_below_the_index_writes_past_the_one_place():
    """Else the walk above would not meet it."""
    past = []
    for path in sorted((TESTS.parent / "assistant" / "index").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or path.name == "disk.py":
                continue
            called = ast.unparse(node.func)
            words = [arg.value for arg in (*node.args, *(k.value for k in node.keywords)) if isinstance(arg, ast.Constant)]
            modes = [word for word in words if isinstance(word, str) and set(word) <= set("rwaxbt+") and set(word) & set("wax+")]
            if called.endswith((".write_text", ".write_bytes", "os.rename", "os.replace", "np.save", "os.open")):
                past.append((path.name, node.lineno, called))
            if called.rpartition(".")[2] == "open" and modes:
                past.append((path.name, node.lineno, called))
    assert not past


def test_a_flipped_byte_is_told_and_the_generation_before_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder = index_of_two(tmp_path / "index")
    flipped = 0
    for path in [folder / "current", *sorted(p for p in (folder / TWO).rglob("*") if p.is_file())]:
        content = path.read_bytes()
        step = max(1, len(content) // 40)
        for position in sorted({*range(0, len(content), step), len(content) - 1} - {-1}):
            path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
            caplog.clear()
            assert store.load_last_good(folder, model=MODEL).manifest.generation == ONE, (path, position)
            [told] = [record.getMessage() for record in caplog.records]
            assert str(folder) in told and "build' again. Until then" in told and ONE in told
            flipped += 1
        path.write_bytes(content)
    assert store.load(folder, model=MODEL).manifest.generation == TWO
    assert flipped > 300
