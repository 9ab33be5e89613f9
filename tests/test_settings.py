"""The configuration: what a file and the environment set, and every wrong one in one sentence."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent / "data" / "settings"
WRONG: list[dict[str, Any]] = yaml.safe_load((DATA / "wrong.yaml").read_text("utf-8"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.upper().startswith("ASSISTANT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where to write a configuration; a folder ``docs`` stands beside it."""
    (tmp_path / "docs").mkdir()
    return tmp_path / "assistant.yaml"


@pytest.mark.parametrize("entry", WRONG, ids=lambda entry: entry["name"])
def test_what_is_wrong_is_told_in_one_sentence(entry, config: Path, monkeypatch: pytest.MonkeyPatch):
    config.write_text(entry["yaml"], "utf-8")
    for name, value in entry.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(config)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    for words in entry["words"]:
        assert words.format(config=config) in message


def test_a_file_sets_what_it_names_and_leaves_the_rest(config: Path):
    config.write_text("corpus:\n  path: docs\n  exclude: [drafts/*]\nserver: {port: 9000}\n", "utf-8")
    settings = load_settings(config)
    assert (settings.corpus.exclude, settings.server.port) == (("drafts/*",), 9000)
    assert (settings.server.host, settings.answer.max_citations) == ("127.0.0.1", 3)


def test_paths_are_meant_from_the_file_s_folder(config: Path, tmp_path: Path):
    config.write_text("corpus: {path: docs}\nindex: {path: ../index}\n", "utf-8")
    settings = load_settings(config)
    assert settings.corpus.path == tmp_path / "docs"
    assert settings.index.path == tmp_path / "../index"


def test_the_environment_wins_over_the_file(config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "other").mkdir()
    config.write_text("corpus: {path: docs}\nserver: {port: 9000, host: 0.0.0.0}\n", "utf-8")
    monkeypatch.setenv("ASSISTANT_CORPUS__PATH", "other")
    monkeypatch.setenv("ASSISTANT_SERVER__PORT", "9001")
    monkeypatch.setenv("ASSISTANT_SERVER__ALLOWED_ORIGINS", '["https://lab.example"]')
    settings = load_settings(config)
    assert settings.corpus.path == tmp_path / "other"
    assert (settings.server.port, settings.server.host) == (9001, "0.0.0.0")
    assert settings.server.allowed_origins == ("https://lab.example",)


@pytest.mark.parametrize("content", ["corpus: {path: docs}", "corpus:\n  path: docs\n\n# nothing else\n"])
def test_every_key_is_optional(content: str, config: Path):
    config.write_text(content, "utf-8")
    assert load_settings(config).index.path.name == "index"


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"absent\.yaml: no such configuration file; check --config\."):
        load_settings(tmp_path / "absent.yaml")


def test_a_folder_is_no_configuration(tmp_path: Path):
    with pytest.raises(SettingsError, match="no such configuration file"):
        load_settings(tmp_path)


def test_a_file_that_is_not_utf_8_is_one_sentence(config: Path):
    config.write_bytes(b"corpus: \xff\n")
    with pytest.raises(SettingsError, match=r"not UTF-8 text; save it as UTF-8\.$"):
        load_settings(config)


def test_without_a_file_the_defaults_are_used(config: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(config.parent)
    monkeypatch.setenv("ASSISTANT_CORPUS__PATH", "docs")
    assert load_settings().corpus.path == Path("docs")


def test_the_shipped_configuration_shows_the_defaults():
    shipped, default = load_settings(ROOT / "assistant.yaml"), Settings()
    assert shipped.corpus.path == ROOT / default.corpus.path
    assert shipped.index.path == ROOT / default.index.path
    assert shipped.journal.url == f"sqlite:///{ROOT}/{default.journal.url.removeprefix('sqlite:///')}"
    assert shipped.journal.retention_days == default.journal.retention_days
    assert shipped.admin.eval_folder == ROOT / default.admin.eval_folder
    assert shipped.admin.token_env == default.admin.token_env
    moved = {"corpus", "index", "journal", "admin"}
    assert shipped.model_dump(exclude=moved) == default.model_dump(exclude=moved)


def test_a_language_model_is_absent_until_its_server_and_name_are_set(config: Path, monkeypatch: pytest.MonkeyPatch):
    config.write_text("corpus: {path: docs}\n", "utf-8")
    assert load_settings(config).answer.language_model is None
    monkeypatch.setenv("ASSISTANT_ANSWER__LANGUAGE_MODEL__BASE_URL", "http://localhost:11434/v1")
    monkeypatch.setenv("ASSISTANT_ANSWER__LANGUAGE_MODEL__MODEL", "qwen3:8b")
    model = load_settings(config).answer.language_model
    assert model is not None
    assert (model.base_url, model.model, model.keep_quotes) == ("http://localhost:11434/v1", "qwen3:8b", True)
    assert model.ledger == config.parent / ".assistant" / "language-model.db"
