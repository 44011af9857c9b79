"""The servers that the mock is measured against, and a mock filled with tasks. Started by `run.py` as processes.

python servers.py raw PORT ANSWERS.json        bare ASGI: bytes made beforehand
python servers.py starlette PORT ANSWERS.json  Starlette routes with JSONResponse
python servers.py tasks PORT COUNT IDS.txt     the mock with COUNT live tasks; writes some ids, prints JSON figures
python servers.py bounded PORT TASKS ENTRIES   the mock that keeps so many tasks, and entries of its journal
"""

import gc
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from children import resident
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from screentest_contracts import load_contract
from screentest_mockserver.server.app import create_app
from screentest_mockserver.server.run import configure
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.answer import Request as MockRequest
from screentest_mockserver.wire.clock import RealClock

NEVER = 1e-6
"""A pace at which tasks stay live for years."""

SAMPLE = 100_000
"""At most so many ids are polled."""


class RawApp:
    """The least that can answer: the method picks one of two answers made beforehand."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = {
            method: (
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(name.encode(), value.encode()) for name, value in answer["headers"]],
                },
                {"type": "http.response.body", "body": answer["body"].encode("latin-1")},
            )
            for method, answer in answers.items()
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        start, body = self.answers[scope["method"]]
        await send(start)
        await send(body)


def starlette_app(answers: dict[str, Any]) -> Starlette:
    """What a test double written in an hour does: no validation, no key, one body."""
    task, receipt = (json.loads(answers[method]["body"]) for method in ("GET", "POST"))

    async def query(request: Request) -> JSONResponse:
        return JSONResponse({**task, "id": request.path_params["task_id"]})

    async def create(request: Request) -> JSONResponse:
        return JSONResponse({**receipt, "model": (await request.json())["model"]})

    return Starlette(
        routes=[Route("/v1/tasks/{task_id}", query), Route("/v1/videos/generations", create, methods=["POST"])]
    )


def bounded(tasks: int, entries: int) -> Any:
    """A mock that keeps only so much, at sixty times the vendor's pace."""
    return create_app(
        [load_contract("openai")], clock=RealClock(60), store=MemoryStore(entries=entries, tasks=tasks, recent=100)
    )


def filled(count: int, ids: Path) -> Any:
    """A mock with `count` live tasks, each made by a request of its own through the whole validation."""
    contract = load_contract("evolink")
    app = create_app([contract], clock=RealClock(NEVER))
    mock = app.providers["evolink"]
    operation = next(each for each in contract.operations.values() if each.role == "create")
    model = next(iter(contract.models.values()))
    body = orjson.dumps(model.base)
    headers = [
        (b"authorization", f"{contract.key_prefix}{GOOD_KEY}".encode()),
        (b"content-type", b"application/json"),
    ]
    gc.collect()
    before, start = resident(), time.perf_counter()
    for number in range(count):
        # every request brings an address of its own, as over HTTP
        address = f"http://127.0.0.1:{10_000 + number % 50_000}"
        answer = mock.handle(MockRequest(operation.method, operation.path, b"", headers, body, address))
        assert answer.status == 200, answer.body
    spent = time.perf_counter() - start
    gc.collect()
    held = resident() - before
    made = [task.id for task in mock.tasks()]
    assert len(made) == count, f"{len(made)} of {count} tasks are kept"
    chosen = made if count <= SAMPLE else random.Random(1).sample(made, SAMPLE)
    ids.write_text("\n".join(chosen), encoding="ascii")
    print(json.dumps({"bytes": held / count, "creates": count / spent}), flush=True)
    return app


def main() -> None:
    kind, port = sys.argv[1], int(sys.argv[2])
    app: Any
    if kind == "bounded":
        app = bounded(int(sys.argv[3]), int(sys.argv[4]))
    elif kind == "tasks":
        app = filled(int(sys.argv[3]), Path(sys.argv[4]))
    else:
        answers = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
        app = RawApp(answers) if kind == "raw" else starlette_app(answers)
    uvicorn.Server(configure(app, host="127.0.0.1", port=port)).run()


if __name__ == "__main__":
    main()
