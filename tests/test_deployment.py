"""What ships for running it elsewhere is checked as far as this machine can."""

import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from serving import Client, FakeAssistant, serving

from assistant.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
UNIT = (DEPLOY / "lab-assistant.service").read_text("utf-8")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def shipped_variables() -> dict[str, str]:
    """Return every setting that a shipped file gives by variable, with its value (compose: its default)."""
    found = dict(re.findall(r"\b(ASSISTANT_\w+)=(\S+)", DOCKERFILE + UNIT))
    for name, value in COMPOSE["services"]["assistant"]["environment"].items():
        found[name] = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value)
    return {name: value for name, value in found.items() if name.startswith("ASSISTANT_")}


def test_every_setting_that_is_shipped_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    variables = shipped_variables()
    assert len(variables) > 8
    for name, value in variables.items():
        monkeypatch.setenv(name, str(ROOT / "corpus") if name == "ASSISTANT_CORPUS__PATH" else value)
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.log.format == "json" and settings.server.trusted_proxies == 1
    for name in variables:
        section, key = name.removeprefix("ASSISTANT_").lower().split("__")
        assert key in type(getattr(Settings(), section)).model_fields


def test_the_image_runs_unprivileged_and_writes_only_to_its_volume():
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    service = COMPOSE["services"]["assistant"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    written = [value for name, value in shipped_variables().items() if name in ("ASSISTANT_INDEX__PATH", "ASSISTANT_JOURNAL__URL")]
    assert all("/data/" in value or "/var/lib/" in value for value in written)


def test_what_the_image_copies_is_there_and_let_in():
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set(re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE))
    assert copied == let_in
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_health_check_tells_ready_from_not_ready():
    [line] = re.findall(r"HEALTHCHECK .*\\\n\s+CMD (\[.*\])", DOCKERFILE)
    _, *arguments = json.loads(line)
    with serving(FakeAssistant) as client:
        ready = [argument.replace("127.0.0.1:8000", f"127.0.0.1:{client.port}") for argument in arguments]
        assert subprocess.run([sys.executable, *ready], check=False).returncode == 0
    assert subprocess.run([sys.executable, *ready], check=False, capture_output=True).returncode != 0


@pytest.mark.slow
def test_what_the_image_installs_is_enough(tmp_path: Path):
    """Without torch and sentence-transformers, as the Dockerfile leaves them out."""
    (tmp_path / "torch.py").write_text("raise ImportError('not in the image')\n")
    (tmp_path / "sentence_transformers.py").write_text("raise ImportError('not in the image')\n")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "ASSISTANT_INDEX__PATH": str(tmp_path / "index")}
    command = [sys.executable, "-m", "assistant", "ask", "--json", "what papers were at ECCV?"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["answered"]


def test_the_dockerfile_lints():
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if program is None:
        pytest.skip("no hadolint is installed")
    done = subprocess.run([program, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("options", [[], ["--env-file", str(DEPLOY / "full.env"), "--profile", "full"]])
def test_the_compose_file_is_one(options: list[str]):
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("no docker-compose is installed")
    command = [program, "--file", str(ROOT / "compose.yaml"), *options, "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_profile_brings_the_servers_that_its_variables_name():
    variables = dict(line.split("=", 1) for line in (DEPLOY / "full.env").read_text().splitlines() if line and line[0] != "#")
    services = {name for name, service in COMPOSE["services"].items() if service.get("profiles") == ["full"]}
    assert services == {"postgres", "redis", "milvus"}
    assert "@postgres/" in variables["JOURNAL_URL"] and variables["RATE_LIMIT_STORAGE"].startswith("redis://redis:")
    assert variables["POSTGRES_PASSWORD"] in variables["JOURNAL_URL"]
    Settings(server={"rate_limit_storage": variables["RATE_LIMIT_STORAGE"]})
    index = Settings(index={"backend": variables["INDEX_BACKEND"], "milvus_uri": variables["MILVUS_URI"]}).index
    assert index.backend == "milvus" and index.milvus_uri.startswith("http://milvus:") and not index.is_milvus_lite
    (pin,) = re.findall(r"^pymilvus==\S+", (ROOT / "requirements-milvus.txt").read_text("utf-8"), re.MULTILINE)
    assert pin in variables["EXTRAS"].split()


def test_systemd_takes_the_unit(tmp_path: Path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd is installed")
    here = tmp_path / "lab-assistant.service"
    # The program is not in /opt on this machine.
    here.write_text(re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", UNIT, flags=re.MULTILINE))
    done = subprocess.run([program, "verify", str(here)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "lab-assistant" not in done.stderr, done.stderr


def test_the_unit_starts_a_command_that_exists():
    [line] = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)
    _, *arguments = shlex.split(line)
    from assistant.cli import _parser

    options = _parser().parse_args(arguments[2:])
    assert options.workers == 2 and options.watch


def metrics_of(expression: str) -> set[str]:
    return set(re.findall(r"\b(assistant_[a-z_]+)", expression))


def test_dashboard_and_alerts_ask_for_metrics_that_exist():
    with serving(FakeAssistant) as client:
        client.get("/ask?q=a")
        told = client.get("/metrics").body.decode()
    existing = set(re.findall(r"^([a-z_]+)[ {]", told, re.MULTILINE))
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text("utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))
    expressions += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    assert len(expressions) >= 12
    asked = set().union(*map(metrics_of, expressions))
    assert asked and asked <= existing
    labels = {name for expression in expressions for name in re.findall(r"(?:by \(|\{)(\w+)", expression)} - {"job"}
    assert all(f"{label}=" in told for label in labels)


@pytest.fixture(scope="module")
def behind_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Client]]:
    """The shipped nginx lines before a server; yields nginx's TLS port and the server."""
    if NGINX is None or shutil.which("openssl") is None:
        pytest.skip("no nginx is installed (Debian: apt install nginx-light openssl)")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=assistant.lab.example"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        secure, plain = one.getsockname()[1], other.getsockname()[1]
    with serving(FakeAssistant, rate_limit="3/minute") as client:
        lines = (DEPLOY / "nginx" / "lab-assistant.conf").read_text("utf-8")
        for shipped, here in {
            "listen 443 ssl http2": f"listen 127.0.0.1:{secure} ssl http2", "listen 80": f"listen 127.0.0.1:{plain}",
            "127.0.0.1:8000": f"127.0.0.1:{client.port}", "/etc/ssl/lab-assistant/fullchain.pem": str(certificate),
            "/etc/ssl/lab-assistant/privkey.pem": str(key),
        }.items():  # fmt: skip
            assert shipped in lines
            lines = lines.replace(shipped, here)
        temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        whole = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ access_log off; {temporary}\n{lines}}}"
        (folder / "nginx.conf").write_text(whole)
        arguments = [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]
        tested = subprocess.run([*arguments, "-t"], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", secure)) == 0:
                        break
                time.sleep(0.05)
            yield secure, client
        finally:
            process.terminate()
            process.wait(20)


def fetch(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=named)
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=20) as reply:
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_the_shipped_nginx_lines_pass_streams_on_and_name_the_visitor_themselves(behind_nginx: tuple[int, Client]):
    port, client = behind_nginx
    status, headers, body = fetch(port, "/ask?q=a", accept="text/event-stream")
    assert status == 200 and b"event: done" in body and "Strict-Transport-Security" in headers
    # Whatever a visitor writes there, he stays the one he is: 3 a minute, one of them used above.
    forged = [fetch(port, "/ask?q=a", x_forwarded_for=f"203.0.113.{number}")[0] for number in range(3)]
    assert forged == [200, 200, 429]
    assert client.get("/ask?q=a", x_forwarded_for="203.0.113.9").status == 200


def test_the_shipped_nginx_lines_refuse_long_bodies(behind_nginx: tuple[int, Client]):
    port, _ = behind_nginx
    trusting = ssl._create_unverified_context()
    request = urllib.request.Request(f"https://127.0.0.1:{port}/ask", data=b"a" * 20_000)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=trusting, timeout=20)
    refused.value.close()
    assert refused.value.code == 413
