"""LiteLLM's proxy in front of the mock of the OpenAI document, both judged by the suites: `nox -s gateway`.

    python tests/gateways/litellm_proxy.py [PATH/TO/litellm [REPORT.md]]

A real gateway that nobody here wrote. Every MUST that it fails stands in docs/gateways.md, where we say whether that is
true; one that does not stand there, or stands there as false, ends this program with 1, and so does one that the mock
itself fails. REPORT.md gets the reports of both side by side. Everything runs on 127.0.0.1, and ends with it.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from screentest_contracts import load_contract

ROOT = Path(__file__).parents[2]
DOCUMENT = "openai"
PAGE = ROOT / "docs/gateways.md"
Row = dict[str, Any]
KEY = "sk-screentest"
SPEED = "50"
NOWHERE = "http://127.0.0.1:9"
LIMIT = "900"
"""Seconds that a run may take: it takes one or two minutes, on a machine at rest."""

START = 180
"""Seconds that a server may take to start."""
ROW = re.compile(r"^\| `([^`]+)` \| .* \| (true|false) \|$", re.MULTILINE)


def main(program: str = "litellm", side_by_side: str = "") -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mock, gateway = _free_port(), _free_port()
        serve = ["screentest", "serve", DOCUMENT, "--port", str(mock), "--speed", SPEED]
        with _running(serve, f"http://127.0.0.1:{mock}/v1/videos", folder / "mock.log"):
            direct = _judge(folder / "direct.json", f"http://127.0.0.1:{mock}")
            config = _config(folder, f"http://127.0.0.1:{mock}/v1")
            proxy = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(gateway)]
            alive = f"http://127.0.0.1:{gateway}/health/liveliness"
            with _running(proxy, alive, folder / "proxy.log", f"http://127.0.0.1:{mock}/v1"):
                proxied = _judge(folder / "proxied.json", f"http://127.0.0.1:{gateway}")
        if side_by_side:
            reports = str(folder / "direct.json"), str(folder / "proxied.json")
            subprocess.run(["screentest", "report", *reports, "--output", side_by_side], check=True)
    broken = [row["id"] for row in direct if row["verdict"] == "failed" and row["level"] == "MUST"]
    print(f"directly: {_counts(direct)}\nthrough the proxy: {_counts(proxied)}")
    for name in broken:
        print(f"failed by the mock itself: {name}")
    return 1 if broken or _strangers(proxied) else 0


def _counts(rows: list[Row]) -> str:
    """How the verdicts are spread."""
    counts = Counter(row["verdict"] for row in rows)
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def _judge(report: Path, target: str) -> list[Row]:
    """The requirements of the document with the verdicts that a server gets. Raises SystemExit where there is none."""
    pace = "--poll-interval", "0.3", "--task-timeout", "60", "--time-limit", LIMIT
    command = ["screentest", "check", DOCUMENT, "--target", target, *pace, "--report", str(report)]
    done = subprocess.run(command, env={**os.environ, "OPENAI_API_KEY": KEY}, check=False)
    if done.returncode not in (0, 1) or not report.exists():
        raise SystemExit(2)
    rows: list[Row] = json.loads(report.read_text())["requirements"]
    return rows


def _strangers(rows: list[Row]) -> bool:
    """Whether the proxy failed what the page does not tell of, or a judgement broke."""
    failed = {row["id"]: row["reason"] for row in rows if row["verdict"] == "failed" and row["level"] == "MUST"}
    errors = [row["id"] for row in rows if row["verdict"] == "error"]
    told = dict(ROW.findall(PAGE.read_text()))
    unknown = {name: reason for name, reason in failed.items() if told.get(name) != "true"}
    for name, reason in unknown.items():
        print(f"not in {PAGE.relative_to(ROOT)} as true: {name}: {reason}")
    for name in sorted(told.keys() - failed.keys()):
        print(f"no longer failed: {name}")
    print(f"{len(rows)} requirements, {len(failed)} MUSTs failed, {len(unknown)} not looked at, {len(errors)} errors")
    return bool(unknown or errors)


def _config(folder: Path, upstream: str) -> Path:
    """A proxy with the document's models, which asks for one key."""
    models = [
        {"model_name": name, "litellm_params": {"model": f"openai/{name}", "api_base": upstream, "api_key": KEY}}
        for name in load_contract(DOCUMENT).models
    ]
    settings = {
        "model_list": models,
        "general_settings": {"master_key": KEY},
        "litellm_settings": {"num_retries": 0},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


@contextmanager
def _running(command: list[str], url: str, log: Path, upstream: str = "") -> Iterator[None]:
    """A server for as long as the context lasts. `upstream` takes the place of the vendor where a proxy falls back."""
    local = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "OPENAI_API_BASE": upstream,
        "OPENAI_BASE_URL": upstream,
        "OPENAI_API_KEY": KEY,
        "NO_PROXY": "127.0.0.1",
        "HTTPS_PROXY": NOWHERE,  # what it cannot place it would ask the vendor for
        "HTTP_PROXY": NOWHERE,
        "AIOHTTP_TRUST_ENV": "True",
    }
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **local}, cwd=log.parent)
    try:
        _wait(url, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until a server answers, with whatever status."""
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=10):
                return
        except URLError as error:
            if getattr(error, "code", None) is not None:
                return
            time.sleep(0.2)
    raise SystemExit(f"{process.args!r} does not answer: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
