"""A small server of the document `clips.yaml`, written by hand, with one fault or one legal oddity at a time."""

import gzip
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from screentest_mockserver.tasks.video import make_video

LIFE = 60.0
"""Seconds that a clip takes."""

FAULTS = {
    "gzip-lie-on-refusals": "error.create.gzip",
    "gzip-lie-on-queries": "query.gzip",
    "gzip-unsaid": "query.gzip",
    "gzip-cut-files": "result.gzip",
    "gzip-length-of-the-plain-body": "query.gzip",
    "gzip-another-status": "query.gzip",
    "head-length-zero": "query.head",
    "head-file-length": "result.head",
    "head-list-length": "list.head",
    "back-for-a-while": "query.status.terminal",
    "back-for-ever": "query.status.terminal",
    "fails-in-the-end": "query.status.terminal",
    "files-in-receipt": "create.no-files.absent",
    "files-in-queries": "query.no-files.absent",
    "second-file-gone": "result.links",
    "third-file-empty": "result.links",
    "result-without-name": "result.answer.file-name.present",
    "result-named-by-number": "result.answer.schema",
    "result-of-another-clip": "result.answer.clip.id",
    "result-other-seconds": "result.answer.seconds.echo",
    "result-time-as-text": "result.answer.ended.form",
    "result-201": "result.answer.status-code",
    "other-header": "query.header.x-clips.value",
    "retry-soon": "error.result.not-ready.headers.values",
}
"""What is done wrong, and the MUST that notices."""

LESS = {
    "gzip-unasked": "query.identity",
    "nothing-optional": "query.members.shown",
    "other-kind": "error.create.invalid-body.body.words.assumed",
    "head-refused": "query.head.alike",
}
"""What breaks no more than a SHOULD or a NOTE, and who says so."""

ODDITIES = {
    "": "nothing is odd",
    "gzip-when-taken": "who takes gzip gets it",
    "gzip-in-members": "gzip may have several members, and zeros at its end",
    "gzip-files": "files are packed for everybody",
    "head-without-length": "HEAD need not tell a length",
    "no-lengths": "bodies may come without a length",
    "three-files": "a result may have several files",
    "retry-date": "Retry-After may be a date",
    "header-among-others": "a header may say more",
    "more-members": "answers may hold more",
}


@dataclass
class Clip:
    id: str
    born: float
    order: dict[str, Any]


@dataclass
class Server:
    """`now` is its clock, `switch` one of FAULTS, LESS or ODDITIES."""

    now: Callable[[], float]
    switch: str = ""
    clips: dict[str, Clip] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(10_000_001))

    def on(self, *names: str) -> bool:
        return self.switch in names

    def app(self) -> Starlette:
        get = ["GET"]
        return Starlette(
            routes=[
                Route("/v1/clips", self.make, methods=["POST"]),
                Route("/v1/clips", self.every, methods=get),
                Route("/v1/clips/{id}", self.one, methods=get),
                Route("/v1/clips/{id}/files", self.files, methods=get),
                Route("/media/{id}/{name}", self.media, methods=get),
            ]
        )

    # -- answers ------------------------------------------------------------------------------------------------

    def say(self, request: Request, body: Any, status: int = 200, **headers: str) -> Response:
        return self.send(request, json.dumps(body).encode(), "application/json", status, headers)

    def send(self, request: Request, data: bytes, media: str, status: int, headers: dict[str, str]) -> Response:
        takes, is_file = "gzip" in request.headers.get("accept-encoding", ""), media == "video/mp4"
        length, coded = len(data), False
        if (self.on("gzip-when-taken") and takes) or (self.on("gzip-files") and is_file):
            data, coded = gzip.compress(data), True
        if (self.on("gzip-cut-files") and takes and is_file) or (self.on("gzip-unasked") and not is_file):
            data, coded = gzip.compress(data), True
            data = data[: len(data) // 2] if is_file else data
        if self.on("gzip-in-members") and takes:
            half = len(data) // 2
            data, coded = gzip.compress(data[:half]) + gzip.compress(data[half:]) + bytes(64), True
        if takes and status < 300 and not is_file:
            data = gzip.compress(data) if self.on("gzip-unsaid", "gzip-length-of-the-plain-body") else data
            coded |= self.on("gzip-length-of-the-plain-body", "gzip-lie-on-queries")
            status = 206 if self.on("gzip-another-status") else status
        coded |= self.on("gzip-lie-on-refusals") and takes and status >= 400
        response = Response(data, status, headers, media)
        if coded:
            response.headers["content-encoding"] = "gzip"
        if self.on("gzip-length-of-the-plain-body") and takes and coded:
            response.headers["content-length"] = str(length)
        if self.on("no-lengths"):
            del response.headers["content-length"]
        return self.headed(request, response, is_file) if request.method == "HEAD" else response

    def headed(self, request: Request, response: Response, is_file: bool) -> Response:
        listed = request.url.path.endswith("/clips")
        if self.on("head-refused"):
            return Response(None, 405)
        wrong = not is_file and not listed if self.on("head-length-zero") else self.on("head-file-length") and is_file
        if wrong or (self.on("head-list-length") and listed):
            response.headers["content-length"] = "0"
        if self.on("head-without-length"):
            del response.headers["content-length"]
        return response

    def refuse(self, request: Request, status: int, text: str, **headers: str) -> Response:
        kind = "no" if self.on("other-kind") else "refused"
        return self.say(request, {"error": {"text": text, "kind": kind}}, status, **headers)

    def version(self) -> dict[str, str]:
        if self.on("other-header"):
            return {"x-clips": "other"}
        return {"x-clips": "fast, Clips v22" if self.on("header-among-others") else "clips v1"}

    # -- operations ---------------------------------------------------------------------------------------------

    def known(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == "Bearer sk-clips":
            return None
        return self.refuse(request, 401, "Who are you?")

    async def make(self, request: Request) -> Response:
        if (stranger := self.known(request)) is not None:
            return stranger
        try:
            order = json.loads(await request.body())
            prompt, seconds = order["prompt"], order.get("seconds", 4)
            good = isinstance(prompt, str) and 1 <= len(prompt) <= 500 and type(seconds) is int and seconds in (4, 8)
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            return self.refuse(request, 400, "This is no order.")
        clip = Clip(f"c{next(self.numbers)}", self.now(), order)
        self.clips[clip.id] = clip
        more = {"files": [{"url": "soon"}]} if self.on("files-in-receipt") else {}
        return self.say(request, {**self.view(clip), **more}, 201, **self.version())

    def view(self, clip: Clip) -> dict[str, Any]:
        age = (self.now() - clip.born) / LIFE
        state = "waiting" if age < 0.2 else "working" if age < 1 else "done"
        if (self.on("back-for-a-while") and 1.05 < age < 1.15) or (self.on("back-for-ever") and age > 1.05):
            state = "working"
        if self.on("fails-in-the-end") and age > 1.05:
            state = "broken"
        body = {"id": clip.id, "state": state, "seconds": clip.order.get("seconds", 4), "why": None}
        if self.on("nothing-optional"):
            return {"id": clip.id, "state": state}
        if self.on("files-in-queries") and age >= 0.2:
            body["files"] = [{"url": "soon"}]
        return {**body, "prompt": clip.order["prompt"]}

    async def one(self, request: Request) -> Response:
        clip = self.clips.get(request.path_params["id"])
        if (stranger := self.known(request)) is not None:
            return stranger
        return self.refuse(request, 404, "?") if clip is None else self.say(request, self.view(clip), **self.version())

    async def every(self, request: Request) -> Response:
        if (stranger := self.known(request)) is not None:
            return stranger
        newest = sorted(self.clips.values(), key=lambda clip: clip.id, reverse=True)
        return self.say(request, {"clips": [self.view(clip) for clip in newest]})

    async def files(self, request: Request) -> Response:
        clip = self.clips.get(request.path_params["id"])
        if (stranger := self.known(request)) is not None:
            return stranger
        if clip is None:
            return self.refuse(request, 404, "?")
        if self.now() - clip.born < LIFE:
            wait = "soon" if self.on("retry-soon") else "5"
            wait = "Mon, 30 Nov 2026 12:00:00 GMT" if self.on("retry-date") else wait
            return self.refuse(request, 409, "Not yet.", **{"retry-after": wait})
        place = f"{request.url.scheme}://{request.url.netloc}/media/{clip.id}"
        many = self.on("three-files", "second-file-gone", "third-file-empty")
        names: list[Any] = ["clip.mp4", "gone.mp4", "empty.jpg"] if many else ["clip.mp4"]
        files = [{"url": f"{place}/{name}", "name": name} for name in names]
        body: dict[str, Any] = {
            "clip": clip.id,
            "seconds": clip.order.get("seconds", 4),
            "ended": int(clip.born + LIFE),
        }
        match self.switch:
            case "result-without-name":
                files = [{"url": each["url"]} for each in files]
            case "result-named-by-number":
                body["clip"] = 7
            case "result-of-another-clip":
                body["clip"] = "c1"
            case "result-other-seconds":
                body["seconds"] = 12
            case "result-time-as-text":
                body["ended"] = "yesterday"
            case "more-members":
                body["note"] = {"files": None}
        return self.say(request, {**body, "files": files}, 201 if self.on("result-201") else 200)

    async def media(self, request: Request) -> Response:
        name, clip = request.path_params["name"], self.clips[request.path_params["id"]]
        if name == "gone.mp4" and self.on("second-file-gone"):
            return Response("gone", 404)
        if name == "empty.jpg":
            return self.send(request, b"" if self.on("third-file-empty") else b"\xff\xd8", "image/jpeg", 200, {})
        film = make_video(width=64, height=36, seconds=float(clip.order.get("seconds", 4)))
        return self.send(request, film.data, "video/mp4", 200, {})
