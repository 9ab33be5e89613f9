"""What an installed wheel brings: the page and the widget as well as the package."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_wheel_holds_every_file_of_the_page(tmp_path: Path):
    copy = tmp_path / "copy"
    ignore = shutil.ignore_patterns("__pycache__", "model")  # the model is large, and no part of this
    for folder in ("assistant", "web"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "requirements.txt"):
        shutil.copy(ROOT / name, copy / name)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(tmp_path))
    command = (sys.executable, "-m", "pip", "wheel", *options, str(copy))
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    held = {name.partition(".data/data/share/lab-assistant/")[2] for name in names}
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "web").rglob("*.*")} <= held
    room = ROOT / "assistant"
    carried = [*(room / "migrations").rglob("*.py"), *(room / "reporting" / "templates").glob("*.*")]
    assert {path.relative_to(ROOT).as_posix() for path in carried} <= set(names)
