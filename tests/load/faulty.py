"""A server of `parcels.yaml`, written from the document alone, with faults that show only while several tasks are under
way. Each fault is a server of its own under `/NAME`; `/sound` has none. As a program it serves all of them and prints
its address: `python -m tests.load.faulty`."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from screentest_mockserver.tasks.video import make_video

KEY = "sk-parcels"
POLLS = 6
"""Queries after which a parcel is there: its pace is that of who asks, whatever the machine is busy with."""

WINDOW = 0.5
"""Seconds for which a request waits for another one to meet it, where it is alone."""

FAULTS = {
    "id-race": "create.id.unique",
    "shared-receipt": "create.prompt.echo",
    "shared-answer": "query.id.stable",
    "lost-task": "query.status-code",
    "cache-keyed-by-time": "query.id.stable",
    "progress-of-another": "query.progress.monotonic",
    "back-to-the-queue": "query.status.transitions",
    "ends-twice": "query.status.terminal",
    "never-ends": "query.ends",
    "lost-from-list": "list.contains",
    "list-is-stale": "list.items",
    "result-of-another": "load.result.own",
    "file-of-another": "result.duration",
    "file-cut-short": "result.fetch",
    "error-500": "create.accepted",
    "error-500-on-queries": "query.status-code",
    "connection-dropped": "query.status-code",
    "429-without-word": "load.retry-after",
    "callback-lost": "callback.delivered.succeeded",
    "callback-twice": "callback.once",
    "callback-of-another": "callback.body",
}
"""What goes wrong under load, and the MUST that notices."""

SOUND, LIMITED, COUNTED = "sound", "sound-but-limited", "sound-and-counted"
"""Servers without a fault: one limits the rate of queries as documented, one is for tests that count its parcels."""

MET_IN_QUERIES = ("connection-dropped", "error-500-on-queries", "429-without-word", "shared-answer")


@dataclass
class Parcel:
    id: str
    order: dict[str, Any]
    polls: int = 0
    called: bool = False

    @property
    def done(self) -> bool:
        return self.polls >= POLLS

    @property
    def seconds(self) -> int:
        return int(self.order.get("seconds", 4))


@dataclass
class Server:
    """One server with one fault, or none. What its requests share is in these members. `spoiled`: more than one parcel
    has been under way at a time."""

    fault: str
    parcels: dict[str, Parcel] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    number: int = 10_000_000
    spoiled: bool = False
    inside: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)
    order: dict[str, Any] = field(default_factory=dict)
    buffer: dict[str, Any] = field(default_factory=dict)
    cache: dict[int, dict[str, Any]] = field(default_factory=dict)
    last: Parcel | None = None
    delivering: bool = False
    background: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[Route]:
        return [
            Route("/parcels", self.send, methods=["POST"]),
            Route("/parcels", self.every, methods=["GET"]),
            Route("/parcels/{id}", self.track, methods=["GET"]),
            Route("/files/{id}/film.mp4", self.file, methods=["GET"]),
        ]

    def on(self, *names: str) -> bool:
        return self.fault in names

    def spoils(self, *names: str) -> bool:
        """Whether this fault shows from now on."""
        return self.on(*names) and self.spoiled

    async def meet(self) -> bool:
        """Waits for another request to be here, too; whether one came."""
        self.inside += 1
        if self.inside > 1:
            self.met.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.met.wait(), WINDOW)
        crowd = self.met.is_set()
        self.inside -= 1
        if not self.inside:
            self.met.clear()
        return crowd

    def base(self, request: Request) -> str:
        return f"{request.base_url}{self.fault}/"

    # -- creates ------------------------------------------------------------------------------------------------

    async def send(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return refusal(401)
        order = self.order = await request.json()
        if self.spoils("error-500"):
            return refusal(500)
        parcel = Parcel(f"p{await self.next_number()}", order)
        parcels, listed = self.parcels.copy(), self.listed.copy()
        if self.on("lost-task", "lost-from-list", "shared-receipt"):
            await self.meet()
        self.parcels = parcels if self.on("lost-task") else self.parcels
        self.listed = listed if self.on("lost-from-list") else self.listed
        self.parcels[parcel.id] = parcel
        self.listed.append(parcel.id)
        self.spoiled |= sum(not each.done for each in self.parcels.values()) > 1
        shown = self.shown(parcel, self.base(request))
        if self.on("shared-receipt"):
            shown["prompt"] = self.order["prompt"]
        return JSONResponse(shown, 201)

    async def next_number(self) -> int:
        number = self.number + 1
        if self.on("id-race"):
            await self.meet()
        self.number = number
        return number

    # -- queries ------------------------------------------------------------------------------------------------

    def shown(self, parcel: Parcel, base: str) -> dict[str, Any]:
        """A parcel as it is now."""
        share = parcel.polls / POLLS
        if self.spoils("never-ends"):
            share = min(share, 0.9)
        if self.spoils("back-to-the-queue") and parcel.polls == POLLS - 1:
            share = 0.1
        if self.spoils("ends-twice") and parcel.polls == POLLS + 1:
            share = 0.9
        state = "waiting" if share < 0.3 else "moving" if share < 1 else "there"
        if state == "there" and self.spoils("result-of-another"):
            self.last = self.last or parcel
        progress = {"waiting": 0, "moving": min(int(share * 100), 99), "there": 100}[state]
        if self.spoils("progress-of-another") and parcel.polls == POLLS - 1:
            progress = 100 // POLLS  # of one that has just begun: there always is one, however slow this machine
        owner = self.last or parcel
        return {
            "id": parcel.id,
            "state": state,
            "progress": progress,
            "seconds": parcel.seconds,
            "prompt": parcel.order["prompt"],
            "file": f"{base}files/{owner.id}/film.mp4" if state == "there" else None,
            "why": None,
        }

    async def track(self, request: Request) -> Response:
        parcel = self.parcels.get(request.path_params["id"])
        if parcel is None:
            return refusal(404)
        parcel.polls += 1
        meets = parcel.polls == POLLS - 2 and self.on(*MET_IN_QUERIES)
        if meets and await self.meet():
            match self.fault:
                case "connection-dropped":
                    return Cut()
                case "error-500-on-queries":
                    return refusal(500)
                case "429-without-word":
                    return refusal(429)
        if self.fault == LIMITED and parcel.polls == 2 and self.spoiled:
            return refusal(429, **{"retry-after": "1"})
        body = self.shown(parcel, self.base(request))
        if meets and self.on("shared-answer"):
            self.buffer = body
            await self.meet()
            body = self.buffer
        if self.on("cache-keyed-by-time"):
            body = self.cache.setdefault(parcel.polls, body) if self.spoiled else body
        if parcel.done and not parcel.called:
            parcel.called = True
            self.start(self.deliver(parcel, self.base(request)))
        return JSONResponse(body)

    async def every(self, request: Request) -> Response:
        limit, base = int(request.query_params.get("limit", 20)), self.base(request)
        newest = [self.parcels[each] for each in reversed(self.listed) if each in self.parcels][:limit]
        shown = [self.shown(parcel, base) for parcel in newest]
        if self.spoils("list-is-stale"):
            shown = [{**each, "state": "moving", "progress": 90, "file": None} for each in shown]
        return JSONResponse({"parcels": shown})

    async def file(self, request: Request) -> Response:
        parcel = self.parcels[request.path_params["id"]]
        seconds = self.order.get("seconds", 4) if self.on("file-of-another") else parcel.seconds
        data = make_video(width=64, height=36, seconds=float(seconds)).data
        return Response(b"" if self.spoils("file-cut-short") else data, media_type="video/mp4")

    # -- callbacks ----------------------------------------------------------------------------------------------

    def start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def deliver(self, parcel: Parcel, base: str) -> None:
        body, address = self.shown(parcel, base), parcel.order.get("notify")
        if address is None or (self.on("callback-lost") and self.delivering):
            return
        self.delivering, self.buffer = True, body
        if self.on("callback-lost", "callback-of-another"):
            await self.meet()
        if self.on("callback-of-another"):
            body = self.buffer
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60) as client:
            for _ in range(2 if self.spoils("callback-twice") else 1):
                await client.post(address, json=body)
        self.delivering = False


def refusal(status: int, **headers: str) -> Response:
    return JSONResponse({"error": {"text": "No."}}, status, headers)


class Cut(Response):
    """An answer that breaks off."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError


def application() -> Starlette:
    """All servers, each under its name."""
    servers = [Server(name) for name in (SOUND, LIMITED, COUNTED, *FAULTS)]

    return Starlette(routes=[Mount(f"/{server.fault}", routes=server.routes()) for server in servers])


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(application(), log_level="critical")).run(sockets=[listener])


if __name__ == "__main__":
    main()
