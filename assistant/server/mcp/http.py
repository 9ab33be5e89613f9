"""The route ``/mcp``: MCP's streamable HTTP transport, stateless and answered with JSON."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, request

from assistant.errors import OptionalPackageMissing
from assistant.server.asking import Asking, AssistantSource
from assistant.server.failures import RequestRefused
from assistant.server.mcp.lab import LabTools
from assistant.server.mcp.protocol import HttpMessage, make_server, respond

if TYPE_CHECKING:
    from mcp.server import Server

_PASSED_ON = ("Content-Type", "Accept")
_PASSED_BACK = ("content-type", "mcp-session-id", "allow")


def mcp_blueprint(
    assistant_source: AssistantSource, asking: Asking, *, allowed_origins: Sequence[str]
) -> APIBlueprint:
    """Return ``/mcp``; the SDK is imported when the first request comes.

    Programs send no Origin; of web pages only those of ``allowed_origins`` may speak with it, so
    that a page cannot reach a server on its visitor's own network under a name of its choice.
    """
    blueprint = APIBlueprint("mcp", __name__, enable_openapi=False)

    @cache
    def server() -> "Server":
        return make_server(LabTools(assistant_source, asking.answer))

    @blueprint.post("/mcp")
    def call() -> Response:
        origin = request.headers.get("Origin", "")
        if origin and origin not in allowed_origins:
            message = "Origin: this site may not use /mcp; its operator can list it in server.allowed_origins."
            raise RequestRefused(message, status=403, code="origin-refused")
        try:
            speaking = server()
        except OptionalPackageMissing as error:
            message = "This server does not speak MCP; its operator can install the package 'mcp'."
            raise RequestRefused(message, status=501, code="not-installed") from error
        headers = {name: value for name, value in request.headers if name in _PASSED_ON or name.startswith("Mcp-")}
        answered = respond(speaking, HttpMessage(0, headers, request.get_data()))
        response = Response(answered.body, answered.status)
        for name in _PASSED_BACK:
            if name in answered.headers:
                response.headers[name] = answered.headers[name]
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
