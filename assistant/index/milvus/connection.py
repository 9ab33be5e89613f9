"""The way to a Milvus server or a Milvus Lite file, and what goes wrong on it in one sentence."""

import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.errors import IndexDamaged, IndexUnavailable, OptionalPackageMissing, SettingsError
from assistant.settings import IndexSettings

if TYPE_CHECKING:
    from pymilvus import MilvusClient

ANSWER_TIMEOUT_S = 5.0  # of one request on the way to an answer
BUILD_TIMEOUT_S = 600.0  # of one request of a build
# A server that was away is asked again every second: gRPC would wait up to two minutes.
_RECONNECT = {f"grpc.{name}_reconnect_backoff_ms": 1000 for name in ("initial", "min", "max")}
_SCHEMES = ("http://", "https://", "tcp://")
_NOT_THERE = (100, 1600)  # Milvus's codes of a collection and of an alias that it does not know


class Connection:
    """A client of Milvus, and the server inside this process where the settings name a file."""

    def __init__(self, client: "MilvusClient", where: str, stop: Callable[[], None]) -> None:
        self.client = client
        self.where = where  # as messages name it, without a password
        # Also at the end of the process, or when whoever opened it is gone: a file stays locked else.
        self._end = weakref.finalize(self, _end, client, stop)

    @classmethod
    def open(cls, settings: IndexSettings) -> "Connection":
        """Connect. Raises OptionalPackageMissing, SettingsError or IndexUnavailable."""
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise OptionalPackageMissing(
                "index.backend milvus needs pymilvus: pip install -r requirements-milvus.txt."
            ) from error
        # pymilvus logs each failure with a traceback before it raises it; ours is one sentence.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        token = os.environ.get(settings.milvus_token_env, "") if settings.milvus_token_env else ""
        if settings.milvus_token_env and not token:
            raise SettingsError(
                f"environment variable {settings.milvus_token_env} is not set, which index.milvus_token_env "
                "names; set it to the token of Milvus."
            )
        if not settings.is_milvus_lite:
            where = _without_password(settings.milvus_uri)
            if not where.startswith(_SCHEMES):
                raise IndexUnavailable(
                    f"{where}: no address of Milvus, nor a file; let index.milvus_uri begin with http:// or https://."
                )
            with told(where):
                client = MilvusClient(
                    settings.milvus_uri, token=token, timeout=ANSWER_TIMEOUT_S, grpc_options=_RECONNECT
                )
            return cls(client, where, lambda: None)
        address, stop = _start_lite(settings.milvus_uri)
        with told(settings.milvus_uri):
            client = MilvusClient(address, timeout=ANSWER_TIMEOUT_S)
        return cls(client, settings.milvus_uri, stop)

    def close(self) -> None:
        """Let go of the server; of a file, so that another process can open it."""
        self._end()


@contextmanager
def told(where: str) -> Iterator[None]:
    """Tell in one sentence what Milvus at ``where`` reports.

    Raises IndexDamaged where it knows no such collection or alias, else IndexUnavailable.
    """
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
        said = _first_line(error)
        if isinstance(error, MilvusException) and error.code in _NOT_THERE:
            raise IndexDamaged(f"{where}: {said}; run 'python -m assistant build' again.") from error
        raise IndexUnavailable(
            f"{where}: Milvus does not do what is asked ({said}); check index.milvus_uri and that the server runs."
        ) from error


def _first_line(error: BaseException) -> str:
    status, details = getattr(error, "code", None), getattr(error, "details", None)
    if callable(status) and callable(details):  # gRPC's own errors, which print as a block of lines
        return f"{status().name}: {details()}"[:200]
    text = str(getattr(error, "message", "") or error).strip()
    return " ".join(text.splitlines()[:1])[:200] or type(error).__name__


def _without_password(uri: str) -> str:
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _end(client: "MilvusClient", stop: Callable[[], None]) -> None:
    client.close()
    stop()


def _start_lite(path: str) -> tuple[str, Callable[[], None]]:
    """Start Milvus Lite over the folder ``path`` in this process; returns its address and how to stop it."""
    import jieba

    try:
        from milvus_lite.adapter.grpc.server import start_server_in_thread
        from milvus_lite.exceptions import DataDirLockedError, MilvusLiteError
    except ImportError as error:
        raise OptionalPackageMissing(
            f"index.milvus_uri {path} is a file, which needs milvus-lite: pip install -r requirements-milvus.txt."
        ) from error
    # A socket in a private folder: on a port any user of this machine could read and write the index.
    folder = tempfile.mkdtemp(prefix="lab-assistant-")
    # Milvus Lite cuts Chinese text with jieba, which would read its cache, by marshal, from where
    # every user of this machine can plant one.
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.tmp_dir = folder
    host, port = ("unix", f"{folder}/milvus") if os.name == "posix" else ("127.0.0.1", 0)
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        server, database, bound = start_server_in_thread(path, host, port)
    except DataDirLockedError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise IndexUnavailable(
            f"{path}: open in another process, and Milvus Lite serves one at a time; stop that one, "
            "or let index.milvus_uri name a Milvus server."
        ) from error
    except (MilvusLiteError, OSError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise IndexUnavailable(
            f"{path}: Milvus Lite cannot open it ({_first_line(error)}); remove it and build again, "
            "or let index.milvus_uri name another file."
        ) from error

    def stop() -> None:
        server.stop(grace=2).wait()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)

    return (f"unix:{folder}/milvus" if host == "unix" else f"http://127.0.0.1:{bound}"), stop
