"""The files of ``web/``: the chat page, the widget and the API's documentation."""

import hashlib
import mimetypes
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, abort, request

_CHECKOUT = Path(__file__).resolve().parents[2] / "web"
_INSTALLED = Path(sysconfig.get_path("data")) / "share" / "lab-assistant" / "web"  # as pyproject.toml says
# Beside an installed package, "web" may be somebody else's.
WEB_FOLDER = _CHECKOUT if (_CHECKOUT / "widget.js").is_file() else _INSTALLED

_FOLDERS = ("modules", "styles", "locales")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".json": "application/json"}


@dataclass(frozen=True)
class WebFile:
    """A file as it is sent; ``etag`` is of its content, so that a new start keeps caches."""

    content: bytes
    mimetype: str
    etag: str


def read_web_files(folder: Path) -> Mapping[str, WebFile]:
    """Return the files that visitors may fetch, by path below ``folder``.

    Held in memory (about 100 kB): what is not a key here cannot be reached by any path.
    """
    top = [folder / name for name in ("index.html", "docs.html", "widget.js", "icon.svg")]
    below = [path for name in _FOLDERS for path in sorted((folder / name).rglob("*.*"))]
    return {path.relative_to(folder).as_posix(): _web_file(path) for path in (*top, *below) if path.is_file()}


def pages_blueprint(files: Mapping[str, WebFile]) -> APIBlueprint:
    """Return the routes of the pages; all are hidden from the API's documentation."""
    blueprint = APIBlueprint("pages", __name__, enable_openapi=False)

    @blueprint.get("/")
    def page() -> Response:
        return _send(files, "index.html")

    @blueprint.get("/docs")
    def docs() -> Response:
        return _send(files, "docs.html")

    @blueprint.get("/<any('widget.js', 'icon.svg'):name>")
    def single(name: str) -> Response:
        return _send(files, name)

    @blueprint.get(f"/<any({', '.join(_FOLDERS)}):folder>/<path:name>")
    def below(folder: str, name: str) -> Response:
        return _send(files, f"{folder}/{name}")

    return blueprint


def _web_file(path: Path) -> WebFile:
    content = path.read_bytes()
    mimetype = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return WebFile(content, mimetype, hashlib.blake2b(content, digest_size=12).hexdigest())


def _send(files: Mapping[str, WebFile], name: str) -> Response:
    if name not in files:
        abort(404)
    file = files[name]
    response = Response(file.content, mimetype=file.mimetype)
    response.set_etag(file.etag)
    response.headers["Cache-Control"] = "no-cache"  # keep, but ask whether it is still the same
    return response.make_conditional(request)
