"""A small video gateway as nexusflow's pages describe it: `POST /v1/tasks`, `GET /v1/tasks/{id}`, `GET /v1/tasks`."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from common import (
    FaultError,
    Job,
    Json,
    Studio,
    account,
    answer,
    delayed,
    film,
    json_object,
    main,
    send_file,
    web_address,
    whole,
)
from nexusflow_switches import ASSUMED, DEFECTS, ODDITIES
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MODELS = ("happyhorse-1.0-t2v", "happyhorse-1.0-i2v", "happyhorse-1.0-r2v", "happyhorse-1.0-video-edit")
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
MORE_RATIOS = ("4:5", "5:4", "9:21", "21:9")


def invalid(message: str, code: str = "invalid_request", status: int = 400) -> FaultError:
    return FaultError(status, code, message)


def check(body: Json, model: str, studio: Studio) -> None:
    """Raises FaultError for a body that breaks the page's parameter table."""
    on, kind = studio.on, model.removeprefix("happyhorse-1.0-")
    prompt = body.get("prompt")
    if prompt is None:
        if kind in ("t2v", "r2v") and not on("prompt-missing-accepted"):
            if on("adapter-error"):
                raise FaultError(500, "adapter_error", "Prompt is required")
            raise invalid("Missing model or prompt")
    elif not isinstance(prompt, str):
        if not on("prompt-number-accepted"):
            raise invalid("prompt must be a string")
    elif on("prompt-chinese-refused") and len(prompt) > 2400:
        raise invalid("prompt too long")

    resolution = body.get("resolution", "720P")
    if on("resolution-any-case") and isinstance(resolution, str):
        resolution = resolution.upper()
    if resolution not in ("720P", "1080P") and not on("resolution-any-accepted"):
        raise invalid("resolution must be 720P or 1080P")
    if on("resolution-1080-refused") and resolution == "1080P":
        raise invalid("resolution must be 720P")

    ratio = body.get("ratio", "16:9")
    if kind in ("t2v", "r2v"):
        fine = ratio in RATIOS or (on("nine-ratios") and ratio in MORE_RATIOS) or on("ratio-any-accepted")
        if not fine or (on("ratio-3:4-refused") and ratio == "3:4"):
            raise invalid("ratio is not supported")

    duration = body.get("duration", 5)
    fine = whole(duration, 3, 15) or (on("duration-zero") and duration == 0)
    fine = fine or (on("duration-16-accepted") and duration == 16) or (on("duration-2-accepted") and duration == 2)
    fine = fine or (on("duration-string-accepted") and isinstance(duration, str) and duration.isdigit())
    if not fine or (on("duration-15-refused") and duration == 15) or (on("duration-3-refused") and duration == 3):
        raise invalid("duration must be within 3..15", status=422 if on("range-422") else 400)

    seed = body.get("seed", 0)
    fine = whole(seed, 0, 2**31 - 1) or (on("seed-negative-accepted") and seed == -1)
    if not (fine or (on("seed-huge-accepted") and whole(seed, 0, 2**50))) or (
        on("seed-largest-refused") and seed == 2**31 - 1
    ):
        raise invalid("seed must be within 0..2147483647", status=422 if on("range-422") else 400)
    if on("seed-zero-refused") and "seed" in body and seed == 0:
        raise invalid("seed must be positive")
    if type(body.get("watermark", True)) is not bool and not on("watermark-text-accepted"):
        raise invalid("watermark must be a boolean")
    if on("watermark-false-refused") and body.get("watermark") is False:
        raise invalid("watermark cannot be switched off")
    check_media(body, kind, studio)
    if on("webhook-refused") and "webhook_url" in body:
        raise invalid("webhook_url is not supported")


def check_media(body: Json, kind: str, studio: Studio) -> None:
    on = studio.on
    images = body.get("img_urls")
    if images is not None and not (isinstance(images, list) and all(map(web_address, images))):
        raise invalid("img_urls must be a list of URLs")
    image, video = body.get("img_url"), body.get("video_url")
    if kind == "i2v" and not web_address(image) and not on("i2v-no-image-accepted"):
        raise invalid("img_url is required")
    if kind == "r2v" and not 1 <= len(images or ([image] if web_address(image) else [])) <= 9:
        raise invalid("one to nine reference images are required")
    if kind == "video-edit" and (not web_address(video) or len(images or ()) > 5):
        raise invalid("video_url is required")


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
        body = {name: value for name, value in body.items() if value is not None}
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

    pace = 0.05 if on("slow") else 0
    return Starlette(
        routes=[
            Route("/v1/tasks", delayed(create, pace), methods=["POST"]),
            Route("/v1/tasks", listing),
            Route("/v1/tasks/{id}", delayed(query, pace)),
            Route("/storage/{name}", file),
        ],
        exception_handlers={FaultError: fault, 404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
