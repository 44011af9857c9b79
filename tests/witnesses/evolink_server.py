"""A small video gateway as Evolink's pages describe it: `POST /v1/videos/generations`, `GET /v1/tasks/{id}`."""

import random
import string
import time
import uuid
from typing import Any

from common import FaultError, Job, Json, Studio, account, answer, delayed, film, json_object, letters, main, send_file
from evolink_requests import RATIOS, check, invalid
from evolink_switches import ASSUMED, DEFECTS, ODDITIES, bend
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

MODELS = {
    f"happyhorse-{version}-{kind}": kind
    for version in ("1.0", "1.1")
    for kind in ("text-to-video", "image-to-video", "reference-to-video", "video-edit")
    if (version, kind) != ("1.1", "video-edit")
}
PRICE = {"720p": 12.15, "1080p": 21.6027}


def new_id(model: str, studio: Studio) -> str:
    if studio.on("id-without-prefix"):
        return str(uuid.uuid4())
    if studio.on("short-id"):
        return f"task-unified-{int(time.time())}-{''.join(random.choices(string.ascii_lowercase + string.digits, k=8))}"
    return f"task-unified-{time.time_ns()}-{letters(8)}-{model}"


def receipt(job: Job, studio: Studio) -> Json:
    on = studio.on
    body: Json = {
        "created": int(job.created),
        "id": job.id,
        "model": job.model,
        "object": "video.generation.task",
        "progress": 0,
        "status": "processing" if on("starts-processing") else "pending",
        "task_info": {
            "can_cancel": not on("cannot-cancel"),
            "estimated_time": 2400 if on("uc-amounts") else 120,
            "video_duration": job.seconds,
        },
        "type": "video",
        "usage": {
            "billing_rule": "per_second",
            "credits_reserved": round(PRICE[job.tier] * job.seconds * (10000 if on("uc-amounts") else 1), 4),
            "user_group": "default",
        },
    }
    changes: dict[str, tuple[str, Any]] = {
        "receipt-object": ("object", "video"),
        "receipt-status-word": ("status", "submitted"),
        "receipt-type": ("type", "movie"),
        "receipt-progress-text": ("progress", "0%"),
        "receipt-created-iso": ("created", "2026-06-01T10:00:00Z"),
        "receipt-created-ms": ("created", int(job.created * 1000)),
        "receipt-model": ("model", "wan-2.6"),
    }
    if studio.switch in changes:
        name, value = changes[studio.switch]
        body[name] = value
    if on("receipt-no-id"):
        del body["id"]
    if on("receipt-seconds"):
        body["task_info"]["video_duration"] = job.seconds + 1
    if on("receipt-billing-rule"):
        body["usage"]["billing_rule"] = "per_minute"
    if on("receipt-credits-negative"):
        body["usage"]["credits_reserved"] = -60.75
    if on("receipt-can-cancel-text"):
        body["task_info"]["can_cancel"] = "yes"
    if on("lean"):
        del body["usage"], body["task_info"]
    if on("extra-fields"):
        body |= {"request_id": "req_1", "service": {"tier": None}}
    return body


def detail(job: Job, studio: Studio, base: str) -> Json:
    on = studio.on
    phase, age = studio.phase(job), studio.age(job)
    if on("instant") and not job.fails:
        phase = "done"
    if on("never-ends") and phase == "done":
        phase = "working"
    if on("terminal-flips") and age > 1.1:
        phase = "working"
    if on("status-back") and 0.6 < age < 0.8:
        phase = "waiting"
    status = {"waiting": "pending", "working": "processing", "done": "completed", "failed": "failed"}[phase]
    if on("skips-processing") and phase == "working":
        status = "pending"
    progress = {"waiting": 0, "working": min(99, max(1, int(age * 100))), "done": 100, "failed": 0}[phase]
    body: Json = {
        "created": int(job.created),
        "id": job.id,
        "model": job.model,
        "object": "video.generation.task",
        "progress": progress,
        "status": status,
        "task_info": {"can_cancel": phase in ("waiting", "working") and not on("cannot-cancel")},
        "type": "video",
    }
    if phase == "done":
        end = int(job.created + studio.task_seconds) + 86400
        body["results"] = [f"{base}files/{job.id}.mp4?Expires={end}"]
    if phase == "failed":
        body["error"] = {
            "code": "content_policy_violation",
            "message": "Content policy violation.\nYour request was blocked by safety filters.",
            "type": "task_error",
        }
    return bend(body, phase, age, job, new_id(job.model, studio), studio)


def build(task_seconds: float = 0.5, switch: str = "") -> Starlette:
    studio = Studio(task_seconds, switch, DEFECTS | ASSUMED | ODDITIES)
    on = studio.on

    def say(body: object, status: int = 200) -> Response:
        return answer(body, status, manner=switch)

    def refuse(status: int, code: str, message: str, kind: str, **more: str) -> Response:
        error: Json = {"code": code, "message": message, "type": kind, **more}
        if on("error-code-integer"):
            error["code"] = status
        if on("error-extras"):
            error |= {"message": message + " (request id: 20260601)", "request_id": "20260601", "allowed_values": [1]}
        return say(error if on("error-unwrapped") else {"error": error}, status)

    def who(request: Request, querying: bool) -> str:
        """The caller's account. Raises FaultError when the key will not do."""
        name = account(request)
        if name:
            return name
        bare = "authorization" not in request.headers
        lax = on("no-key-accepted") or (querying and on("query-no-key-accepted"))
        if (bare and lax) or (not bare and (on("bad-key-accepted") or (querying and on("query-bad-key-accepted")))):
            return "good"
        status, code = 401, "unauthorized"
        if on("query-no-key-403" if querying else "no-key-403"):
            status = 403
        if on("query-no-key-code" if querying else "no-key-code"):
            code = "invalid_api_key"
        text = "Authentication required" if querying or bare else "Invalid or expired token"
        raise FaultError(status, code, "Who are you?" if on("other-401-text") else text, "authentication_error")

    async def create(request: Request) -> Response:
        owner = who(request, querying=False)
        if studio.busy():
            raise FaultError(429, "rate_limit_exceeded", "Too many requests", "rate_limit_error")
        body = await json_object(request)
        if body is None:
            if on("broken-json-500"):
                return refuse(500, "internal_error", "Internal server error", "api_error")
            if not on("broken-json-accepted"):
                raise invalid("Malformed JSON")
            body = {"model": "happyhorse-1.1-text-to-video", "prompt": "?"}
        kind = MODELS.get(body["model"]) if isinstance(body.get("model"), str) else None
        if on("model-1.0-unknown") and body.get("model") == "happyhorse-1.0-text-to-video":
            kind = None
        if kind is None or (on("edit-unknown") and kind == "video-edit"):
            if on("model-unknown-403") and body.get("model"):
                text = f"Token does not have access to model: {body['model']}"
                raise FaultError(403, "model_access_denied", text, "invalid_request_error")
            raise invalid("model is not known")
        check(body, kind, studio)
        if owner == "poor" and not on("poor-accepted"):
            status, code = 403 if on("poor-403") else 402, "no_money" if on("poor-code") else "insufficient_quota"
            raise FaultError(status, code, "Insufficient quota. Please top up your account.", "insufficient_quota")
        seconds = body.get("duration", 6 if on("default-duration-6") else 5) if kind != "video-edit" else 5
        shaped = kind in ("text-to-video", "reference-to-video")
        tier = str(body.get("quality", "720p")).lower()
        job = Job(
            id=new_id(body["model"], studio),
            owner=owner,
            model=body["model"],
            body=body,
            seconds=int(float(seconds)),
            ratio=str(body.get("aspect_ratio", "16:9")) if shaped else "16:9",
            tier=tier if tier in PRICE else "720p",
            fails=(
                kind == "image-to-video"
                and on("error-missing", "error-text", "error-code-number", "error-type", "cancelled", "media-probed")
            )
            or (kind == "reference-to-video" and on("fails", "fails-open-code", "media-probed")),
        )
        if on("same-body-same-task"):
            job = next((old for old in studio.jobs.values() if (old.owner, old.body) == (owner, body)), job)
        studio.add(job)
        return say(receipt(job, studio), 201 if on("create-201") else 200)

    async def query(request: Request) -> Response:
        owner = who(request, querying=True)
        job_id = request.path_params["task_id"]
        if not job_id.startswith("task-unified-") and not on("id-without-prefix", "bad-id-404"):
            code = "bad_id" if on("bad-id-code") else "invalid_task_id"
            text = "Invalid task ID format, must start with 'task-unified-'"
            return refuse(400, code, text, "invalid_request_error", param="task_id")
        job = studio.jobs.get(job_id)
        if job is None or on("query-404-always"):
            if on("unknown-id-500"):
                return refuse(500, "internal_error", "Failed to retrieve task status", "api_error")
            if on("unknown-id-200"):
                return say({"id": job_id, "status": "pending", "progress": 0, "object": "video.generation.task"})
            code = "not_found" if on("unknown-id-code") else "task_not_found"
            return refuse(404, code, "The requested task could not be found", "invalid_request_error")
        if job.owner != owner and not on("foreign-visible"):
            if on("foreign-404"):
                return refuse(404, "task_not_found", "The requested task could not be found", "invalid_request_error")
            text = "You don't have permission to access this task"
            return refuse(403, "permission_denied", text, "invalid_request_error")
        return say(detail(job, studio, str(request.base_url)), 201 if on("query-201") else 200)

    async def balance(request: Request) -> Response:
        left = 0 if who(request, querying=True) == "poor" else 5000
        numbers = {"remaining_credits": left, "used_credits": 1}
        token = {**numbers, "unlimited_credits": False}
        return say({"data": {"token": token, "user": numbers}, "message": "", "success": True})

    async def models(request: Request) -> Response:
        who(request, querying=True)
        return say({"data": [{"id": name} for name in MODELS]})

    async def file(request: Request) -> Response:
        job = studio.jobs.get(request.path_params["name"].removesuffix(".mp4"))
        if job is None or on("link-dead"):
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        if on("link-html"):
            return Response("<html>soon</html>", media_type="text/html")
        if on("link-redirects") and "moved" not in request.query_params:
            return RedirectResponse(str(request.url.include_query_params(moved=1)), 302)
        seconds = job.seconds + 3 if on("film-seconds") else job.seconds
        ratio = "1:1" if on("film-ratio") else job.ratio if job.ratio in RATIOS else "16:9"
        tier = "480p" if on("film-quality") else job.tier
        return send_file(request, film(seconds, ratio, tier), ranges=not on("link-no-range"))

    async def fault(request: Request, exc: Exception) -> Response:
        status, code, message, kind = exc.args
        if status == 400:
            status = 422 if on("invalid-422") else 400
            if on("invalid-code"):
                code = "oops"
            elif on("sibling-400-code") and code == "invalid_request":
                code = "invalid_parameter"
        return refuse(status, code, message, kind)

    async def lost(request: Request, exc: Exception) -> Response:
        return refuse(404, "not_found", "No such route", "invalid_request_error")

    return Starlette(
        routes=[
            Route("/v1/videos/generations", delayed(create, studio), methods=["POST"]),
            Route("/v1/tasks/{task_id}", delayed(query, studio)),
            Route("/v1/credits", balance),
            Route("/v1/models", models),
            Route("/files/{name}", file),
        ],
        exception_handlers={FaultError: fault, 404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
