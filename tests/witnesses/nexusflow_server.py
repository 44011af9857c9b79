"""A small video gateway as nexusflow's pages describe it: `POST /v1/tasks`, `GET /v1/tasks/{id}`, `GET /v1/tasks`."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from common import FaultError, Job, Json, Studio, account, answer, delayed, film, json_object, main, send_file
from nexusflow_requests import MODELS, MORE_RATIOS, RATIOS, check, invalid
from nexusflow_switches import ASSUMED, DEFECTS, ODDITIES
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def iso(moment: float, studio: Studio) -> str:
    when = datetime.fromtimestamp(moment, UTC)
    if studio.on("whole-seconds"):
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")
    if studio.on("offset-times"):
        return when.isoformat(timespec="microseconds")
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def receipt(job: Job, studio: Studio) -> Json:
    body: Json = {
        "id": job.id,
        "object": "task",
        "status": "running",
        "model": job.model,
        "type": "video",
        "created_at": iso(job.created, studio),
    }
    changes: dict[str, tuple[str, Any]] = {
        "receipt-object": ("object", "video"),
        "receipt-status-word": ("status", "queued"),
        "receipt-pending": ("status", "pending"),
        "receipt-type": ("type", "movie"),
        "receipt-model": ("model", "wan2.6-t2v"),
        "created-epoch": ("created_at", int(job.created)),
        "created-unreadable": ("created_at", "June 1st, 10:00"),
        "extra-fields": ("region", "cn-beijing"),
    }
    if studio.switch in changes:
        name, value = changes[studio.switch]
        body[name] = value
    for switch, name in (
        ("receipt-no-id", "id"),
        ("receipt-no-status", "status"),
        ("receipt-no-created", "created_at"),
    ):
        if studio.on(switch):
            del body[name]
    return body


def detail(job: Job, studio: Studio, base: str) -> Json:
    on, phase, age = studio.on, studio.phase(job), studio.age(job)
    if on("instant"):
        phase = "failed" if job.fails else "done"
    if on("never-ends") and phase in ("done", "failed"):
        phase = "working"
    if on("terminal-flips") and age > 1.1:
        phase = "working"
    if (on("pending-again") and 0.6 < age < 0.8) or (on("only-pending") and phase == "working"):
        phase = "waiting"
    if on("never-pending") and phase == "waiting":
        phase = "working"
    status = {"waiting": "pending", "working": "running", "done": "succeeded", "failed": "failed"}[phase]
    body: Json = {"id": job.id, "object": "task", "status": status, "model": job.model, "type": "video"}
    if phase != "failed":
        body["progress"] = {"waiting": 0, "working": 50 if on("progress-50") else min(99, int(100 * age)), "done": 100}[
            phase
        ]
    if phase == "done":
        path = f"storage/{job.id}.mp4"
        body["output"] = {"video_url": f"/{path}" if on("relative-link") else base + path}
    if phase == "failed":
        body["error"] = "InvalidParameter: The parameter is invalid."
    body["created_at"] = iso(job.created, studio)
    if phase in ("done", "failed"):
        body["completed_at"] = iso(job.created + studio.task_seconds, studio)
    return bend(body, phase, age, job, studio)


def bend(body: Json, phase: str, age: float, job: Job, studio: Studio) -> Json:
    """The switch's mark on a task detail."""
    switch = studio.switch
    running, done, failed = phase in ("waiting", "working"), phase == "done", phase == "failed"
    changes: dict[str, tuple[bool, Json]] = {
        "query-status-word": (phase == "working", {"status": "processing"}),
        "query-status-upper": (True, {"status": body["status"].upper()}),
        "query-object": (True, {"object": "video"}),
        "query-type": (True, {"type": "movie"}),
        "query-other-id": (True, {"id": f"task_{uuid.uuid4()}"}),
        "query-other-model": (True, {"model": "wan2.6-t2v"}),
        "query-progress-text": (not failed, {"progress": f"{body.get('progress')}%"}),
        "query-progress-150": (running, {"progress": 150}),
        "progress-falls": (phase == "working", {"progress": 90 - int(80 * age)}),
        "query-created-changes": (True, {"created_at": iso(job.created + 10 * int(age * 4), studio)}),
        "created-epoch": (True, {"created_at": int(job.created)}),
        "created-unreadable": (True, {"created_at": "June 1st, 10:00"}),
        "succeeded-progress-50": (done, {"progress": 50}),
        "output-empty": (done, {"output": {}}),
        "output-text": (done, {"output": body.get("output", {}).get("video_url")}),
        "url-not-url": (done, {"output": {"video_url": "film"}}),
        "output-early": (running, {"output": {"video_url": "https://cdn.example.com/film.mp4"}}),
        "error-object": (failed, {"error": {"code": "InvalidParameter", "message": "The parameter is invalid."}}),
        "error-on-success": (done, {"error": "InvalidParameter: The parameter is invalid."}),
        "error-while-running": (running, {"error": "InvalidParameter: The parameter is invalid."}),
        "completed-early": (running, {"completed_at": iso(time.time(), studio)}),
        "completed-epoch": (not running, {"completed_at": int(time.time())}),
        "completed-before-created": (not running, {"completed_at": iso(job.created - 3600, studio)}),
        "nulls": (True, {"output": None, "error": None, "completed_at": None, "progress": None} | body),
        "extra-fields": (True, {"upstream_task_id": "0385dc79", "region": None}),
        "output-extras": (
            done,
            {"output": {**body.get("output", {}), "type": "video", "usage": {"duration": 5, "SR": 720}}},
        ),
        "error-plain": (failed, {"error": "Task failed"}),
        "failed-progress": (failed, {"progress": 50}),
    }
    applies, change = changes.get(studio.switch, (False, {}))
    if applies:
        body = {**body, **change}
    gone = {
        "output-missing": "output",
        "error-missing": "error",
        "completed-missing": "completed_at",
        "query-no-id": "id",
        "query-no-created": "created_at",
        "no-progress": "progress",
    }
    if switch != "no-progress" or running:
        body.pop(gone.get(switch, ""), None)
    return {"code": 0, "data": body} if studio.on("query-wrapped") else body


def listed(job: Job, studio: Studio, base: str) -> Json:
    whole_one = detail(job, studio, base)
    names = ("id", "object", "status", "model", "type", "progress", "created_at")
    item = {name: whole_one[name] for name in names if name in whole_one}
    item.setdefault("progress", 0)
    if not studio.on("list-no-completed"):
        item["completed_at"] = whole_one.get("completed_at")
    if studio.on("list-with-output"):
        item["output"] = whole_one.get("output", {"video_url": "https://cdn.example.com/film.mp4"})
    if studio.on("list-item-status"):
        item["status"] = "ok"
    return item


def build(task_seconds: float = 0.5, switch: str = "") -> Starlette:
    studio = Studio(task_seconds, switch, DEFECTS | ASSUMED | ODDITIES)
    on = studio.on

    def say(body: object, status: int = 200) -> Response:
        headers = {} if on("no-request-id") else {"x-request-id": uuid.uuid4().hex}
        return answer(body, status, manner=switch, headers=headers)

    def refuse(status: int, code: str, message: str) -> Response:
        kind = {402: "billing_error", 500: "server_error"}.get(status, "invalid_request_error")
        error: Json = {"code": code, "message": message, "type": kind}
        for name, defect in (("code", "error-no-code"), ("message", "error-no-message"), ("type", "error-no-type")):
            if on(defect):
                del error[name]
        if on("error-extras"):
            error |= {"param": None, "request_id": "r1"}
        if on("error-text-body"):
            return Response(message, status, media_type="text/plain")
        return say(error if on("error-unwrapped") else {"error": error}, status)

    def who(request: Request, place: str) -> str:
        """The caller's account. Raises FaultError when the key will not do."""
        name = account(request)
        if name is None and on("x-api-key"):
            name = "good" if request.headers.get("x-api-key") == "sk-good" else None
        if name:
            return name
        bare = "authorization" not in request.headers
        lax = on("no-key-accepted") or (on("query-no-key-accepted") and place == "query")
        lax = lax or (on("list-no-key-accepted") and place == "list")
        if (bare and lax) or (not bare and on("bad-key-accepted")):
            return "good"
        status = 403 if (on("bad-key-403") and not bare) or (on("no-key-403") and bare) else 401
        code = "missing_api_key" if bare and on("missing-key-code") else "invalid_api_key"
        raise FaultError(
            500 if on("query-no-key-500") and place == "query" else status, code, "Invalid API key provided."
        )

    async def create(request: Request) -> Response:
        owner = who(request, "create")
        body = await json_object(request)
        if body is None:
            if on("broken-json-500"):
                raise FaultError(500, "server_error", "Unexpected token")
            if not on("broken-json-accepted"):
                raise invalid("Malformed JSON request body.", "invalid_json")
            body = {"model": MODELS[0], "prompt": "?"}
        model = body.get("model")
        if model is None or not isinstance(model, str):
            raise invalid("Missing model or prompt")
        if model not in MODELS or (on("i2v-unknown") and model == MODELS[1]):
            if on("unknown-model-accepted"):
                model = MODELS[0]
            else:
                status = 400 if on("unknown-model-400") else 500 if on("unknown-model-500") else 404
                raise FaultError(status, "model_not_found", f"Model '{model}' not found")
        check(body, model, studio)
        if owner == "poor" and not on("poor-accepted"):
            status = 402 if on("poor-402") else 500 if on("poor-500") else 403
            raise FaultError(
                status, "insufficient_balance" if on("poor-402") else "insufficient_quota", "Balance too low"
            )
        tier = str(body.get("resolution", "720P")).lower()
        number = str(uuid.uuid4())
        ratio = body.get("ratio", "16:9")
        job = Job(
            id=number if on("bare-id") else f"task_{number}",
            owner=owner,
            model=body["model"],
            body=body,
            seconds=int(body.get("duration", 6 if on("default-duration-6") else 5)) or 5,
            ratio=ratio if model[-3:] in ("t2v", "r2v") and ratio in RATIOS + MORE_RATIOS else "16:9",
            tier=tier if tier in ("720p", "1080p") else "720p",
            fails=model == MODELS[1]
            and on("fails", "error-missing", "error-object", "error-plain", "failed-progress", "completed-missing"),
        )
        studio.add(job)
        return say(receipt(job, studio), 200 if on("create-200") else 202)

    async def query(request: Request) -> Response:
        owner = who(request, "query")
        job = studio.jobs.get(request.path_params["id"])
        if job is None or (job.owner != owner and not on("foreign-visible")):
            if on("unknown-id-200"):
                return say({"id": request.path_params["id"], "object": "task", "status": "pending", "progress": 0})
            status = 500 if on("unknown-id-500") else 400 if on("unknown-id-400") else 404
            raise FaultError(status, "task_not_found", "Task not found")
        return say(detail(job, studio, str(request.base_url)))

    async def listing(request: Request) -> Response:
        owner = who(request, "list")
        text = request.query_params.get("limit", "")
        limit = min(int(text) if text.isdigit() and int(text) else 20, 100)
        jobs = [job for job in studio.jobs.values() if job.owner == owner or on("list-foreign")]
        if not on("list-oldest-first"):
            jobs.reverse()
        items = [
            listed(job, studio, str(request.base_url)) for job in jobs[: 100 if on("list-limit-ignored") else limit]
        ]
        body: Any = {"object": "page" if on("list-object") else "list", "data": [] if on("list-empty") else items}
        return say(items if on("list-bare") else body)

    async def file(request: Request) -> Response:
        job = studio.jobs.get(request.path_params["name"].removesuffix(".mp4"))
        if job is None or on("link-dead"):
            return Response(status_code=404)
        if on("link-html"):
            return Response("<html>soon</html>", media_type="text/html")
        seconds = job.seconds + 3 if on("film-seconds") else job.seconds
        return send_file(
            request, film(seconds, "1:1" if on("film-ratio") else job.ratio, "480p" if on("film-tier") else job.tier)
        )

    async def fault(request: Request, exc: Exception) -> Response:
        status, code, message = exc.args
        return refuse(422 if on("invalid-all-422") and code == "invalid_request" else status, code, message)

    async def lost(request: Request, exc: Exception) -> Response:
        return refuse(404, "not_found", f"Endpoint {request.method} {request.url.path} not found")

    return Starlette(
        routes=[
            Route("/v1/tasks", delayed(create, studio), methods=["POST"]),
            Route("/v1/tasks", listing),
            Route("/v1/tasks/{id}", delayed(query, studio)),
            Route("/storage/{name}", file),
        ],
        exception_handlers={FaultError: fault, 404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
