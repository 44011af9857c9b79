"""A client in the asynchronous style, which keeps every rule: no requirement accuses it in situations that are odd."""

import json
import sys
from pathlib import Path

from click.testing import CliRunner

from screentest_suites.cli import main

CLIENT = """
import asyncio, os, sys
import httpx

env = os.environ
PAUSE, LIMIT = float(env["SCREENTEST_INTERVAL"]), float(env["SCREENTEST_TIMEOUT"])

async def follow(api, task):
    while True:
        await asyncio.sleep(PAUSE)
        try:
            answer = await api.get(f"/v1/tasks/{task}")
        except httpx.TransportError:
            continue
        if answer.status_code == 429 or answer.status_code >= 500:
            await asyncio.sleep(float(answer.headers.get("retry-after", PAUSE)))
            continue
        body = answer.raise_for_status().json()
        if body["status"] == "failed":
            sys.exit(f"the task failed: {body}")
        if body["status"] == "succeeded":
            return body["output"]["video_url"]

async def fetch(link):
    async with httpx.AsyncClient(follow_redirects=True, timeout=20) as plain:
        for _ in range(5):
            try:
                return (await plain.get(link)).raise_for_status().content
            except (httpx.TransportError, httpx.HTTPStatusError):
                await asyncio.sleep(PAUSE)
        sys.exit("there is no video")

async def make():
    headers = {"authorization": f"Bearer {env['SCREENTEST_KEY']}"}
    async with httpx.AsyncClient(base_url=env["SCREENTEST_BASE_URL"], headers=headers, timeout=20) as api:
        wish = {"model": env["SCREENTEST_MODEL"], "prompt": env["SCREENTEST_PROMPT"]}
        task = (await api.post("/v1/tasks", json=wish)).raise_for_status().json()["id"]
        link = await asyncio.wait_for(follow(api, task), LIMIT)
    return await fetch(link)

video = asyncio.run(make())
with open(env["SCREENTEST_OUTPUT"], "wb") as file:
    file.write(video)
"""
SITUATIONS = ("success", "failure", "server-errors", "lost-polls", "truncated-bytes:1", "lost-answer", "other-id-form")


def test_an_asynchronous_client(tmp_path: Path) -> None:
    script, report = tmp_path / "client.py", tmp_path / "r.json"
    script.write_text(CLIENT)
    chosen = [word for name in SITUATIONS for word in ("--scenario", name)]
    found = CliRunner().invoke(
        main,
        ["client", "nexusflow", "--speed", "150", *chosen, "--report", str(report), "--", sys.executable, str(script)],
    )
    assert found.exit_code == 0, found.output
    rows = {row["id"]: row["verdict"] for row in json.loads(report.read_text())["requirements"]}
    assert [name for name, verdict in rows.items() if verdict in ("failed", "error")] == [], found.output
    assert {name for name, verdict in rows.items() if verdict == "passed"} >= {
        *("client.end.video", "client.end.failed", "client.end.honest.lost-answer", "client.accepts.other-id-form"),
        *("client.survives.server-errors", "client.survives.lost-polls", "client.survives.truncated-bytes-1"),
    }
