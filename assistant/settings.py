"""The configuration: a YAML file, each key optional, overridden by ASSISTANT_* variables."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.errors import SettingsError
from assistant.yaml_text import SAFE_LOADER, parse_yaml

DEFAULT_CONFIG = Path("assistant.yaml")
_VARIABLES = "ASSISTANT_"  # what the environment's settings begin with
_DEEPEST_KEY = 4  # keys below this are wrong anyway; YAML may refer to itself without end


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpusSettings(_Part):
    """Where the documents are, and where they are published."""

    path: Path = Path("corpus")
    site_url: str = Field("", pattern=r"^(https?://\S+)?$")
    exclude: tuple[str, ...] = ()


class IndexSettings(_Part):
    """Where index generations are kept."""

    path: Path = Path(".assistant/index")  # with Milvus only what builds keep for the next one
    backend: Literal["faiss", "milvus"] = "faiss"
    milvus_uri: str = Field("http://localhost:19530", min_length=1)  # a file name uses Milvus Lite
    milvus_token_env: str = Field("", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")  # the NAME of a variable
    dask: str = ""  # who helps to build: "local", or the address of a Dask scheduler
    milvus_alias: str = Field("lab_assistant", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")  # one for each lab

    @property
    def is_milvus_lite(self) -> bool:
        """Tell whether the index is a file of Milvus Lite, which one process at a time can open."""
        return self.backend == "milvus" and "://" not in self.milvus_uri


class EmbeddingSettings(_Part):
    """Which embedding model turns text into vectors."""

    model: str = "default"


class LanguageModelSettings(_Part):
    """Which language model puts answers into words, and what it may use; money in any one currency."""

    base_url: str = Field(pattern=r"^https?://\S+$")
    model: str = Field(min_length=1)
    api_key_env: str = Field("", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    timeout_s: float = Field(20, gt=0, le=600)
    max_tokens: int = Field(4000, ge=500)  # of one question: prompt and reply together
    questions_per_minute: int = Field(30, ge=1)
    price_per_million_input_tokens: float = Field(0, ge=0)
    price_per_million_output_tokens: float = Field(0, ge=0)
    spend_per_day: float = Field(math.inf, ge=0)  # UTC days
    ledger: Path = Path(".assistant/language-model.db")
    keep_quotes: bool = True  # the quoted answer stands below the model's words

    @model_validator(mode="after")
    def _knows_what_it_spends(self) -> "LanguageModelSettings":
        has_price = self.price_per_million_input_tokens or self.price_per_million_output_tokens
        if self.spend_per_day != math.inf and not has_price:
            raise ValueError("spend_per_day needs price_per_million_input_tokens and …_output_tokens")
        return self


class AnswerSettings(_Part):
    """How answers are made."""

    max_citations: int = Field(3, ge=1, le=20)
    cache_entries: int = Field(1000, ge=0, le=1_000_000)  # answers that each serving process keeps; 0: none
    cache_mb: float = Field(16, gt=0, le=100_000)
    language_model: LanguageModelSettings | None = None  # absent: answers are extractive


def _checked_origin(value: str) -> str:
    # It goes into a header beside others: no blank or semicolon may follow, and no pattern fits all.
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", value):
        raise ValueError("an origin is written exactly as browsers send it, like https://lab.example")
    return value


_Origin = Annotated[str, AfterValidator(_checked_origin)]


class ServerSettings(_Part):
    """How the HTTP server listens and whom it lets in."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)  # processes
    threads: int = Field(4, ge=1, le=64)  # of each
    most_waiting: int = Field(128, ge=1, le=10_000)  # requests for a free thread of each process
    grace_s: float = Field(10, ge=0, le=600)  # what was begun is finished within
    longest_answer_s: float = Field(60, gt=0, le=3600)  # then its worker is replaced; a language model's time aside
    allowed_origins: tuple[_Origin, ...] = ()
    openai_api: bool = True  # /v1/chat/completions and /v1/models
    mcp: bool = True  # /mcp
    rate_limit: str = "30/minute"  # each visitor
    total_rate_limit: str = ""  # all visitors together
    rate_limit_storage: str = Field("memory://", pattern=r"^(memory://|rediss?://\S+)$")
    trusted_proxies: int = Field(0, ge=0, le=10)  # on other machines, each of which names the visitor


class LogSettings(_Part):
    """What is told on standard error."""

    format: Literal["text", "json"] = "text"
    requests: bool = False  # a line for each request: no address, no question


class JournalSettings(_Part):
    """Where questions and feedback are kept, and how long."""

    url: str = "sqlite:///.assistant/journal.db"
    retention_days: int = Field(90, ge=1, le=36500)


class AdminSettings(_Part):
    """The webmaster's desk at /admin, which is off without a token."""

    token_env: str = Field("LAB_ASSISTANT_ADMIN_TOKEN", min_length=1)  # the NAME of an environment variable
    eval_folder: Path = Path(".assistant/eval")  # where questions chosen at the desk are collected


class Settings(_Part):
    """Every setting of the assistant; relative paths are meant from the configuration's folder."""

    corpus: CorpusSettings = CorpusSettings()
    index: IndexSettings = IndexSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    answer: AnswerSettings = AnswerSettings()
    server: ServerSettings = ServerSettings()
    journal: JournalSettings = JournalSettings()
    log: LogSettings = LogSettings()
    admin: AdminSettings = AdminSettings()


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings of ``path`` (``assistant.yaml`` where it exists) and the environment.

    Raises SettingsError naming the key and the file's line.
    """
    config = path or DEFAULT_CONFIG
    if path is not None and not config.is_file():
        raise SettingsError(f"{config}: no such configuration file; check --config.")
    values, lines = _read_yaml(config) if config.is_file() else ({}, {})
    try:
        settings = _with_environment(values) if _is_set_outside() else Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error, config, lines)) from error
    settings = _resolved(settings, config.parent)
    if not settings.corpus.path.is_dir():
        where = _where(("corpus", "path"), config, lines)
        raise SettingsError(f"{where}: 'corpus.path' names no folder: {settings.corpus.path}; correct it.")
    return settings


def _is_set_outside() -> bool:
    return any(name.upper().startswith(_VARIABLES) for name in os.environ)


def _with_environment(values: Mapping[str, Any]) -> Settings:
    """Return the settings of a file, those of the environment winning. Raises ValidationError."""
    # Only here, since this import takes longer than that of pydantic.
    from pydantic_settings import BaseSettings, SettingsConfigDict
    from pydantic_settings import SettingsError as EnvironmentValueError

    class SetOutside(Settings, BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix=_VARIABLES, env_nested_delimiter="__", extra="forbid", frozen=True
        )

        @classmethod
        def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):  # noqa: ANN001, ANN003, ANN206, ARG003
            return env_settings, init_settings  # the first wins

    try:
        read = SetOutside(**values)
    except EnvironmentValueError as error:
        raise SettingsError(_explain_variable(error)) from error
    return Settings(**{name: getattr(read, name) for name in Settings.model_fields})


def _read_yaml(config: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    try:
        text = config.read_text("utf-8")
        node = yaml.compose(text, Loader=SAFE_LOADER)
        values = parse_yaml(text)
    except OSError as error:
        raise SettingsError(f"{config}: cannot be read ({error.strerror}); check its permissions.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{config}: not UTF-8 text; save it as UTF-8.") from error
    # PyYAML lets a date such as 2024-99-99 fail with a bare ValueError.
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{config}:{mark.line + 1}" if mark else f"{config}"
        raise SettingsError(f"{where}: not valid YAML; check indentation and quotes.") from error
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        raise SettingsError(f"{config}:1: expected keys such as 'corpus:' and 'server:'.")
    lines: dict[tuple[str, ...], int] = {}
    _note_lines(node, (), lines)
    return {str(key): value for key, value in values.items()}, lines


def _note_lines(node: yaml.Node | None, path: tuple[str, ...], lines: dict) -> None:
    if isinstance(node, yaml.MappingNode) and len(path) < _DEEPEST_KEY:
        for key, value in node.value:
            lines[(*path, str(key.value))] = key.start_mark.line + 1
            _note_lines(value, (*path, str(key.value)), lines)


def _explain(error: ValidationError, config: Path, lines: Mapping[tuple[str, ...], int]) -> str:
    problem = error.errors()[0]
    location = tuple(str(part) for part in problem["loc"])
    key = ".".join(location)
    where = _where(location, config, lines)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key '{key}'; remove it or check its spelling."
    if key.endswith("_env"):  # somebody may have written the secret itself
        return f"{where}: '{key}' is wrong: write the name of an environment variable, not what it holds."
    return f"{where}: '{key}' is wrong: {problem['msg']} (got {problem['input']!r})."


def _explain_variable(error: ValueError) -> str:
    """Name the variable whose value should be JSON; pydantic-settings names only the section."""
    section = re.search(r'field "(\w+)"', str(error))
    prefix = f"ASSISTANT_{section[1].upper()}" if section else "ASSISTANT_"
    names = sorted(name.upper() for name in os.environ if name.upper().startswith(prefix))
    return f"environment variable {' or '.join(names)}: a list or section is written as JSON, such as '[]'."


def _where(location: tuple[str, ...], config: Path, lines: Mapping[tuple[str, ...], int]) -> str:
    """Return the variable that sets a key, else the line of the file that does."""
    set_here = {name.upper() for name in os.environ}
    for length in range(len(location), 0, -1):
        variable = "ASSISTANT_" + "__".join(location[:length]).upper()
        if variable in set_here:
            return f"environment variable {variable}"
    line = next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), 0)
    return f"{config}:{line}" if line else f"{config}"


def _resolved(settings: Settings, folder: Path) -> Settings:
    corpus = settings.corpus.model_copy(update={"path": folder / settings.corpus.path.expanduser()})
    index = settings.index.model_copy(update={"path": folder / settings.index.path.expanduser()})
    if index.is_milvus_lite:
        index = index.model_copy(update={"milvus_uri": str(folder / Path(index.milvus_uri).expanduser())})
    journal = settings.journal.model_copy(update={"url": _placed(settings.journal.url, folder)})
    eval_folder = folder / settings.admin.eval_folder.expanduser()
    admin = settings.admin.model_copy(update={"eval_folder": eval_folder})
    answer = settings.answer
    if answer.language_model is not None:
        ledger = folder / answer.language_model.ledger.expanduser()
        model = answer.language_model.model_copy(update={"ledger": ledger})
        answer = answer.model_copy(update={"language_model": model})
    parts = {"corpus": corpus, "index": index, "answer": answer, "journal": journal, "admin": admin}
    return settings.model_copy(update=parts)


def _placed(url: str, folder: Path) -> str:
    """Return a SQLite URL whose relative path is meant from ``folder``; any other as it is."""
    path = url.removeprefix("sqlite:///")
    if path == url or not path or path.startswith(("/", ":", "file:")):
        return url
    return f"sqlite:///{(folder / Path(path).expanduser()).as_posix()}"
