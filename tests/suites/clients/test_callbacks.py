"""A client that asks to be called back, and what it makes of odd callbacks."""

import sys

import pytest
from tests.providers import known

from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.seen import ClientRun
from screentest_suites.clients.situations import Wish, model_for
from screentest_suites.clients.staging import run_situation

CONTRACT = known("evolink")
WISH = Wish(model_for(CONTRACT, None), "a paper boat", 150.0)
LISTENER = """
import http.server, json, os, queue, sys, threading, time, urllib.request
env, events = os.environ, queue.Queue()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(ANSWER); self.end_headers()
    def log_message(self, *words): pass
where = env["SCREENTEST_CALLBACK_URL"]
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(where.split(":")[2].split("/")[0])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
def call(url, body=None):
    headers = {"authorization": "Bearer " + env["SCREENTEST_KEY"], "content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
    return json.load(urllib.request.urlopen(request, timeout=20))
base = env["SCREENTEST_BASE_URL"]
wish = {"model": env["SCREENTEST_MODEL"], "prompt": env["SCREENTEST_PROMPT"], "callback_url": where}
task = call(base + "/v1/videos/generations", wish)["id"]
FOLLOW
if body["status"] != "completed": sys.exit(str(body))
video = urllib.request.urlopen(body["results"][0], timeout=20).read()
open(env["SCREENTEST_OUTPUT"], "wb").write(video)
time.sleep(0.5)
"""
CAREFUL = """
body = None
while body is None or body["status"] not in ("completed", "failed"):
    try: events.get(timeout=1.0)
    except queue.Empty: pass
    body = call(base + "/v1/tasks/" + task)
"""
BELIEVES = "body = events.get()"


def seen(name: str, follow: str, answer: int = 200, limit: float = 20.0) -> ClientRun:
    code = LISTENER.replace("FOLLOW", follow).replace("ANSWER", str(answer))
    return run_situation(CONTRACT, name, WISH, [sys.executable, "-S", "-c", code], limit)


def findings(*runs: ClientRun) -> dict[str, tuple[str, str]]:
    verdicts = judge_client(CONTRACT, runs)
    return {each.requirement.id: (each.result.value, each.finding.reason) for each in verdicts}


def test_a_careful_client() -> None:
    names = ("success", "repeated-callbacks", "forged-callbacks", "no-callbacks")
    runs = [seen(name, CAREFUL) for name in names]
    found = findings(*runs)
    for name in (
        "client.callback.answered",
        "client.callback.repeated",
        "client.callback.forged",
        "client.callback.no",
    ):
        assert found[name][0] == "passed", (name, found[name], [run.deliveries for run in runs])


@pytest.mark.parametrize(
    ("name", "follow", "answer", "requirement"),
    [
        ("forged-callbacks", BELIEVES, 200, "client.callback.forged"),
        ("success", CAREFUL, 500, "client.callback.answered"),
    ],
)
def test_careless_clients(name: str, follow: str, answer: int, requirement: str) -> None:
    assert findings(seen(name, follow, answer))[requirement][0] == "failed"


def test_who_only_listens_waits_in_vain() -> None:
    run = seen("no-callbacks", BELIEVES, limit=3.0)
    assert findings(run)["client.callback.no"][0] == "failed"
