"""Each contender's environment: complete, pinned, made once, weighed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from assistant.errors import AssistantError
from benchmarks.race.environments import PEERS, prepare
from benchmarks.race.processes import ASSISTANT, RUNNERS

PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9][^\s]*")


@pytest.mark.parametrize("name", [ASSISTANT, *PEERS])
def test_a_contender_has_a_runner_and_a_title(name: str):
    assert (RUNNERS / f"run_{name}.py").is_file()
    about = yaml.safe_load((RUNNERS / "contenders.yaml").read_text("utf-8"))
    assert {"title", "chinese", "setup"} <= set(about[name])


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_s_packages_are_pinned(name: str):
    lines = (RUNNERS / f"{name}.txt").read_text("utf-8").splitlines()
    assert lines and all(PIN.match(line) for line in lines)


class FakePip:
    """Stands for subprocess.run: what is installed is a file of its length in kB."""

    def __init__(self, *, returncode: int = 0) -> None:
        self.returncode = returncode
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if "venv" in command:
            self.packages = Path(command[-1]) / "lib" / "python3.11" / "site-packages"
            shutil.rmtree(self.packages, ignore_errors=True)
            (self.packages / "pip").mkdir(parents=True)
            (self.packages / "pip" / "large.py").write_bytes(b"x" * 5_000_000)
        for requirement in command:
            if match := re.fullmatch(r"([\w.-]+)==\S+", requirement):
                folder = self.packages / match[1].replace("-", "_")
                folder.mkdir(exist_ok=True)
                (folder / "module.py").write_bytes(b"x" * 1_000_000)
                (folder / "module.pyc").write_bytes(b"x" * 1_000_000)
        return subprocess.CompletedProcess(command, self.returncode, "", "first\nno such version\n")


def test_an_environment_is_made_once_and_weighed_without_pip_and_caches(tmp_path, monkeypatch):
    pip = FakePip()
    monkeypatch.setattr(subprocess, "run", pip)
    contender, weight = prepare("txtai", tmp_path, lambda line: None)
    assert contender.python == tmp_path / "txtai" / "bin" / "python"
    names = [line.split("==")[0] for line in (RUNNERS / "txtai.txt").read_text("utf-8").splitlines()]
    assert (weight.installed_mb, weight.torch_mb) == (len(names), 1)
    assert weight.needed_mb == weight.installed_mb
    assert re.fullmatch(r"\d+(\.\d+)+", weight.version)
    made = len(pip.commands)
    assert prepare("txtai", tmp_path, lambda line: None) == (contender, weight)
    assert len(pip.commands) == made, "it is there already"


def test_an_environment_of_other_requirements_is_made_anew(tmp_path, monkeypatch):
    pip = FakePip()
    monkeypatch.setattr(subprocess, "run", pip)
    prepare("bm25s", tmp_path, lambda line: None)
    stamp = tmp_path / "bm25s" / "race.json"
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"requirements": "others"}))
    made = len(pip.commands)
    prepare("bm25s", tmp_path, lambda line: None)
    assert len(pip.commands) > made


def test_the_assistant_is_weighed_with_and_without_what_is_optional(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", FakePip())
    _, weight = prepare(ASSISTANT, tmp_path, lambda line: None)
    assert weight.installed_mb - weight.needed_mb == 2, "torch and sentence-transformers"
    assert weight.torch_mb == 1


def test_a_failed_installation_is_told_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", FakePip(returncode=1))
    with pytest.raises(AssistantError, match="no such version"):
        prepare("haystack", tmp_path, lambda line: None)
