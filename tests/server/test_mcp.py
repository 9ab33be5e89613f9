"""The MCP server, spoken to with the SDK's own client over stdio and streamable HTTP."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client import Client as McpClient
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from serving import Client, FakeAssistant, serving

from assistant.errors import IndexMissing
from assistant.pipeline import Assistant
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
Session = Callable[[], Any]
Check = Callable[[McpClient], Awaitable[None]]


@pytest.fixture(scope="module")
def server(assistant: Assistant) -> Iterator[Client]:
    with serving(lambda: assistant) as running:
        yield running


@pytest.fixture(params=["http", pytest.param("stdio", marks=pytest.mark.slow)])
def connect(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Session:
    """Opens a session with the default corpus over one of the two transports."""
    if request.param == "http":
        url = f"{request.getfixturevalue('server').url}mcp"
        return lambda: McpClient(url)
    config = tmp_path / "assistant.yaml"
    config.write_text(f"corpus: {{path: {settings.corpus.path}}}\nindex: {{path: {settings.index.path}}}\n", "utf-8")
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant", "mcp", "--config", str(config)], cwd=str(ROOT)
    )
    return lambda: McpClient(stdio_client(command))


def run(connect: Session, check: Check) -> None:
    """Run ``check`` in a session; an error comes out as itself, not as a group of one."""

    async def session() -> None:
        async with opened(connect) as client:
            await check(client)

    # In a thread of its own: where browser tests ran before, theirs has a loop that never ends.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, session).result()


@asynccontextmanager
async def opened(connect: Session) -> AsyncIterator[McpClient]:
    async with connect() as client:
        yield client


def test_everything_works_in_one_session(connect, assistant):
    async def check(client: McpClient) -> None:
        await check_tools(client)
        await check_asking(client, assistant)
        await check_searching(client)
        await check_records(client)
        await check_pages(client, assistant)

    run(connect, check)


async def check_tools(client: McpClient) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask_lab", "search_lab_documents", "list_records"}
    for tool in tools.values():
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert tool.description
    assert {"answered", "answer", "citations", "items"} <= set(tools["ask_lab"].output_schema["required"])


async def check_asking(client: McpClient, assistant: Assistant) -> None:
    result = await client.call_tool("ask_lab", {"question": "what papers were at ECCV?"})
    body = result.structured_content
    assert not result.is_error
    assert body["answer"] == assistant.ask("what papers were at ECCV?").text
    assert body == json.loads(result.content[0].text)
    assert [item["fields"]["会议/期刊"] for item in body["items"]] == ["ECCV workshop 2024", "ECCV workshop"]
    followed = await client.call_tool(
        "ask_lab", {"question": "他的邮箱是什么？", "history": ["联合培养博士的导师是谁？"]}
    )
    assert "sunpeng@pjlab.org.cn" in followed.structured_content["answer"]
    unknown = await client.call_tool("ask_lab", {"question": "Is there a paper at NeurIPS?"})
    assert unknown.structured_content["answered"] is False


async def check_searching(client: McpClient) -> None:
    result = await client.call_tool("search_lab_documents", {"query": "博士 导师 邮箱", "limit": 3})
    passages = result.structured_content["passages"]
    assert len(passages) == 3
    assert any("孙鹏" in passage["text"] for passage in passages)
    page = await client.read_resource(passages[0]["page"])
    assert passages[0]["text"] in page.contents[0].text


async def check_records(client: McpClient) -> None:
    tables = (await client.call_tool("list_records", {})).structured_content["tables"]
    papers = next(table for table in tables if "论文" in table["columns"])
    rows = (await client.call_tool("list_records", {"table": papers["table"]})).structured_content
    assert rows["total"] == papers["rows"] == len(rows["rows"])
    found = (await client.call_tool("list_records", {"table": papers["table"], "contains": "eccv"})).structured_content
    assert found["total"] == 2
    part = (await client.call_tool("list_records", {"table": papers["table"], "limit": 1, "offset": 1})).structured_content
    assert part["rows"] == rows["rows"][1:2]
    assert part["total"] == papers["rows"]


async def check_pages(client: McpClient, assistant: Assistant) -> None:
    resources = (await client.list_resources()).resources
    sources = [page.source for page in assistant.pages if page.status != "placeholder" and page.text]
    assert [resource.name for resource in resources] == sources
    read = await client.read_resource(resources[0].uri)
    assert read.contents[0].text == assistant.document_text(sources[0])


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask_lab", {"question": ""}, "question: "),
        ("ask_lab", {"question": " "}, "The question is empty"),
        ("ask_lab", {"question": "x" * 501}, "question: "),
        ("ask_lab", {"question": "hi", "languge": "en"}, "languge: "),
        ("search_lab_documents", {"query": "hi", "limit": 1000}, "limit: "),
        ("list_records", {"offset": -1}, "offset: "),
        ("delete_everything", {}, "There is no tool"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_to_the_model(tool, arguments, told, server):
    async def check(client: McpClient) -> None:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert result.content[0].text.startswith(told)

    run(lambda: McpClient(f"{server.url}mcp"), check)


@pytest.mark.parametrize("uri", ["lab://pages/nothing.md", "lab://pages/../conf.py", "lab://pages/conf.py", "file:///etc/passwd"])
def test_only_pages_that_were_read_can_be_read(uri, server):
    async def check(client: McpClient) -> None:
        with pytest.raises(MCPError):
            await client.read_resource(uri)

    run(lambda: McpClient(f"{server.url}mcp"), check)


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask_lab", "arguments": {"question": "papers"}}}
HEADERS = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def fake() -> Iterator[Client]:
    with serving(FakeAssistant) as running:
        yield running


def test_one_post_is_answered_with_one_json_body(fake):
    reply = fake.post("/mcp", CALL, **HEADERS)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json["result"]["structuredContent"]["kind"] == "list"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"jsonrpc": "2.0"}', b"\xff\xfe", b'{"jsonrpc": "2.0", "id": 1, "method": "x"}'])
def test_a_body_that_is_no_message_is_refused_and_nothing_breaks(body, fake):
    reply = fake.post("/mcp", body, **HEADERS)
    assert reply.status < 500 or "error" in reply.json
    assert b"Traceback" not in reply.body
    assert fake.post("/mcp", CALL, **HEADERS).status == 200


def test_other_methods_are_refused_at_once(fake):
    for method in ("GET", "DELETE", "PUT"):
        assert fake.send(method, "/mcp", **HEADERS).status == 405


def test_a_page_of_another_site_may_not_speak_with_it(fake):
    assert fake.post("/mcp", CALL, origin="https://evil.example", **HEADERS).status == 403
    with serving(FakeAssistant, allowed_origins=("https://lab.example",)) as client:
        assert client.post("/mcp", CALL, origin="https://lab.example", **HEADERS).status == 200
        assert client.post("/mcp", CALL, origin="https://evil.example", **HEADERS).status == 403


def test_calls_count_as_questions_and_the_rest_does_not():
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with serving(FakeAssistant, rate_limit="2/minute") as client:
        assert [client.post("/mcp", listing, **HEADERS).status for _ in range(4)] == [200] * 4
        assert [client.post("/mcp", CALL, **HEADERS).status for _ in range(3)] == [200, 200, 429]


def test_without_an_index_the_model_is_told():
    def missing() -> FakeAssistant:
        raise IndexMissing("somewhere secret")

    with serving(missing) as client:
        result = client.post("/mcp", CALL, **HEADERS).json["result"]
    assert result["isError"]
    assert result["content"][0]["text"] == "There is no index yet; run 'python -m assistant build'."


def test_without_the_package_the_route_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with serving(FakeAssistant) as client:
        reply = client.post("/mcp", CALL, **HEADERS)
    assert (reply.status, reply.json["error"]["code"]) == (501, "not-installed")


def test_it_can_be_turned_off():
    with serving(FakeAssistant, mcp=False) as client:
        assert client.post("/mcp", CALL, **HEADERS).status == 404


def test_a_client_of_an_older_version_of_the_protocol_is_served(fake):
    """Clients that do not know the newest version shake hands first; nothing is kept of that between requests."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    begun = fake.post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}, **HEADERS)
    assert begun.json["result"]["protocolVersion"] == "2025-06-18"
    assert "mcp-session-id" not in begun.headers
    versioned = {**HEADERS, "mcp_protocol_version": "2025-06-18"}
    assert fake.post("/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, **versioned).status == 202
    listed = fake.post("/mcp", {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, **versioned).json["result"]
    assert [tool["name"] for tool in listed["tools"]] == ["ask_lab", "search_lab_documents", "list_records"]
    assert fake.post("/mcp", CALL, **versioned).json["result"]["structuredContent"]["kind"] == "list"
