"""A small gateway of the built-in document `openai`, written by hand, that shares no code with the mock.

A task takes TASK seconds. A *fault* alters what the gateway would answer: it gets the role, the request and the answer.
"""

import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from screentest_mockserver.tasks.video import make_video

KEY = "sk-small"
TASK = 0.2
NAMES = re.compile("sora-2(-2025-10-06|-2025-12-08|-pro|-pro-2025-10-06)?")
PICTURES = {
    "thumbnail": ("image/webp", b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/" + bytes(12)),
    "spritesheet": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(11) + b"\xff\xd9"),
}
Fault = Callable[[str, Request, Response], Response]


def sound(role: str, request: Request, answer: Response) -> Response:
    return answer


def refusal(status: int, message: str, code: str | None = None, param: str | None = None) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return JSONResponse({"error": error}, status)


class Gateway:
    """The tasks of one server."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.tasks: dict[str, dict[str, Any]] = {}
        self.characters: dict[str, dict[str, Any]] = {}

    def view(self, task: dict[str, Any]) -> dict[str, Any]:
        age = time.time() - task["at"]
        status = "queued" if age < TASK / 4 else "in_progress" if age < TASK else "completed"
        done = status == "completed"
        return {
            "id": task["id"],
            "object": "video",
            "model": task["model"],
            "status": status,
            "progress": {"queued": 0, "in_progress": 50, "completed": 100}[status],
            "created_at": int(task["at"]),
            "completed_at": int(task["at"] + TASK) if done else None,
            "expires_at": int(task["at"] + TASK) + 3600 if done else None,
            "seconds": task["seconds"],
            "size": task["size"],
            "error": None,
            "remixed_from_video_id": task.get("of"),
        }

    async def create(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            return refusal(400, "not JSON")
        if not isinstance(body, dict) or not isinstance(body.get("prompt"), str) or not body["prompt"]:
            return refusal(400, "no prompt", "invalid_value", "prompt")
        if not NAMES.fullmatch(str(body.get("model", "sora-2"))):
            return refusal(400, "no such model", "invalid_value", "model")
        task = {
            "id": f"video_{uuid.uuid4().hex}",
            "at": time.time(),
            "model": body.get("model", "sora-2"),
            "seconds": body.get("seconds", "4"),
            "size": body.get("size", "720x1280"),
        }
        self.tasks[task["id"]] = task
        return JSONResponse(self.view(task))

    async def remix(self, request: Request) -> Response:
        earlier = self.tasks.get(request.path_params["id"])
        if earlier is None:
            return refusal(404, "no such video", "not_found")
        if self.view(earlier)["status"] != "completed":
            return refusal(400, "not ready")
        made = await self.create(request)
        if made.status_code < 400:
            task = self.tasks[json.loads(made.body)["id"]]
            task |= {name: earlier[name] for name in ("model", "seconds", "size")} | {"of": earlier["id"]}
            return JSONResponse(self.view(task))
        return made

    async def character(self, request: Request) -> Response:
        form = await request.body()
        if not all(b'name="%s"' % name in form for name in (b"name", b"video")):
            return refusal(400, "no character", "invalid_value", "video")
        made: dict[str, Any] = {"id": f"char_{uuid.uuid4().hex}", "created_at": int(time.time()), "name": "A sailor"}
        self.characters[made["id"]] = made
        return JSONResponse(made)

    async def known_character(self, request: Request) -> Response:
        made = self.characters.get(request.path_params["id"])
        return refusal(404, "no such character", "not_found") if made is None else JSONResponse(made)

    async def query(self, request: Request) -> Response:
        task = self.tasks.get(request.path_params["id"])
        answer = refusal(404, "no such video", "not_found") if task is None else JSONResponse(self.view(task))
        answer.headers["openai-poll-after-ms"] = "1000"
        return answer

    async def cancel(self, request: Request) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return refusal(404, "no such video", "not_found")
        if self.view(task)["status"] != "completed":
            return refusal(400, "not finished")
        del self.tasks[task["id"]]
        return JSONResponse({"id": task["id"], "object": "video.deleted", "deleted": True})

    async def content(self, request: Request) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return refusal(404, "no such video", "not_found")
        if self.view(task)["status"] != "completed":
            return refusal(400, "not ready")
        variant = request.query_params.get("variant", "video")
        if variant not in ("video", *PICTURES):
            return refusal(400, "no such variant", "invalid_value", "variant")
        if variant in PICTURES:
            media_type, picture = PICTURES[variant]
            return Response(picture, media_type=media_type)
        width, height = map(int, task["size"].split("x"))
        film = make_video(width=width, height=height, seconds=float(task["seconds"])).data
        return Response(film, media_type="video/mp4")

    async def listing(self, request: Request) -> Response:
        limit, order = request.query_params.get("limit", "20"), request.query_params.get("order", "desc")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            return refusal(400, "no such limit", "invalid_value", "limit")
        if order not in ("asc", "desc"):
            return refusal(400, "no such order", "invalid_value", "order")
        most, forwards = int(limit), order == "asc"
        ordered = sorted(self.tasks.values(), key=lambda task: task["at"], reverse=not forwards)
        names = [task["id"] for task in ordered]
        after = request.query_params.get("after")
        left = ordered[names.index(after) + 1 :] if after in names else ordered
        shown = [self.view(task) for task in left[:most]]
        ends = {"first_id": shown[0]["id"] if shown else None, "last_id": shown[-1]["id"] if shown else None}
        return JSONResponse({"object": "list", "data": shown, "has_more": len(left) > most, **ends})

    def route(self, path: str, method: str, role: str) -> Route:
        async def serve(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {KEY}":
                code = "invalid_api_key" if "authorization" in request.headers else None
                return self.fault(role, request, refusal(401, "key", code))
            given = await getattr(self, role)(request)
            answer = self.fault(role, request, given)
            if role == "create" and answer is not given and answer.status_code >= 400:
                self.tasks.pop(json.loads(given.body).get("id"), None)  # what is refused was not made
            return answer

        return Route(path, serve, methods=[method], name=role)

    def app(self) -> Starlette:
        routes = [
            self.route("/v1/videos", "POST", "create"),
            self.route("/v1/videos/characters", "POST", "character"),
            self.route("/v1/videos/characters/{id}", "GET", "known_character"),
            self.route("/v1/videos/{id}/remix", "POST", "remix"),
            self.route("/v1/videos", "GET", "listing"),
            self.route("/v1/videos/{id}", "GET", "query"),
            self.route("/v1/videos/{id}", "DELETE", "cancel"),
            self.route("/v1/videos/{id}/content", "GET", "content"),
        ]
        return Starlette(routes=routes)


@contextmanager
def running(fault: Fault = sound) -> Iterator[str]:
    """Serves a gateway on loopback; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(Gateway(fault).app(), log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
