"""Log lines: one event is one line, as text or as JSON, with the id of the request it belongs to."""

import json
import logging
import time
from contextvars import ContextVar
from typing import Any

from assistant.settings import LogSettings

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")  # "": outside of any request


class OneLine(logging.Formatter):
    """Text whose control characters are escaped: nobody begins a line of our log but us."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the event as one line."""
        request = REQUEST_ID.get()
        return _escaped(super().formatMessage(record) + (f" [{request}]" if request else ""))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802
        """Return a traceback, indented, so that nothing in it looks like an event."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"  | {_escaped(line)}" for line in lines)


class JsonLine(logging.Formatter):
    """One JSON object a line, as log collectors read it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the event as one line of JSON."""
        milliseconds = f"{record.msecs:03.0f}"
        event = {
            "time": time.strftime(f"%Y-%m-%dT%H:%M:%S.{milliseconds}Z", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = REQUEST_ID.get()
        if request:
            event["request_id"] = request
        event.update(getattr(record, "fields", {}))
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=True)


def start_logging(chosen: LogSettings, *, verbose: bool = False) -> None:
    """Send what is logged to standard error, in the form that the settings name."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if chosen.format == "json" else OneLine(_TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Ours alone: libraries tell at this level what nobody asked for.
    logging.getLogger("assistant").setLevel(logging.INFO if verbose or chosen.requests else logging.NOTSET)


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
