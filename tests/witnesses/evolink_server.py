"""A small video gateway as Evolink's pages describe it: `POST /v1/videos/generations`, `GET /v1/tasks/{id}`."""

import random
import string
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

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
    private,
    send_file,
    web_address,
    whole,
)
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
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")
PRICE = {"720p": 12.15, "1080p": 21.6027}


def invalid(message: str = "Invalid request parameters", code: str = "invalid_request") -> FaultError:
    return FaultError(400, code, message, "invalid_request_error")


def check(body: Json, kind: str, studio: Studio) -> None:
    """Raises FaultError for a body that breaks the model's rules."""
    on = studio.on
    if "prompt" in body and not isinstance(body["prompt"], str) and not on("prompt-number-accepted"):
        raise invalid("prompt must be a string")
    prompt = body.get("prompt", "")
    if (
        kind != "image-to-video"
        and not (on("prompt-missing-accepted") and "prompt" not in body)
        and not str(prompt).strip()
    ):
        raise invalid("prompt is required")
    if on("i2v-prompt-demanded") and not prompt:
        raise invalid("prompt is required")
    if (on("prompt-long-refused") and len(prompt) > 5000) or (
        on("prompt-chinese-refused") and len(prompt.encode()) > 7500
    ):
        raise invalid("prompt too long")

    quality = body.get("quality", "720p")
    if on("quality-any-case"):
        quality = str(quality).lower()
    if quality not in ("720p", "1080p")[: 1 if on("quality-1080p-refused") else 2] and not on("quality-any-accepted"):
        raise invalid("quality must be one of 720p, 1080p")

    seed = body.get("seed", 0)
    fine = whole(seed, 0, 2**31 - 1)
    fine = fine or (on("seed-negative-accepted") and seed == -1) or (on("seed-huge-accepted") and whole(seed, 0, 2**40))
    fine = fine or (on("seed-string-accepted") and isinstance(seed, str))
    refused = (on("seed-zero-refused") and "seed" in body and seed == 0) or (
        on("seed-largest-refused") and seed == 2**31 - 1
    )
    if on("seed-zero-refused-others") and kind != "text-to-video" and "seed" in body and seed == 0:
        refused = True
    if not fine or refused:
        raise invalid("seed out of range")

    if kind != "video-edit":
        duration = body.get("duration", 5)
        fine = whole(duration, 3, 15)
        fine = fine or (on("duration-16-accepted") and duration == 16) or (on("duration-2-accepted") and duration == 2)
        fine = fine or (on("duration-string-accepted") and isinstance(duration, str) and duration.isdigit())
        fine = fine or (on("duration-fraction-accepted") and isinstance(duration, float))
        fine = fine or (on("float-duration-accepted") and duration in range(3, 16))
        if not fine or (on("duration-15-refused") and duration == 15) or (on("duration-3-refused") and duration == 3):
            raise invalid("duration must be an integer from 3 to 15")
    if kind in ("text-to-video", "reference-to-video"):
        ratio = body.get("aspect_ratio", "16:9")
        if (ratio not in RATIOS and not on("ratio-any-accepted")) or (on("ratio-9:21-refused") and ratio == "9:21"):
            raise invalid("aspect_ratio is not supported")
    check_media(body, kind, studio)
    if body.get("callback_url"):
        check_callback(body["callback_url"], studio)
    if on("unknown-field-refused") and set(body) - {
        *("model", "prompt", "quality", "seed", "callback_url", "aspect_ratio", "duration"),
        *("image_urls", "video_urls", "video_url", "video", "keep_original_sound"),
    }:
        raise invalid("unknown field")


def check_media(body: Json, kind: str, studio: Studio) -> None:
    on = studio.on
    images = body.get("image_urls")
    low, high = {"image-to-video": (1, 1), "reference-to-video": (1, 9), "video-edit": (0, 5)}.get(kind, (0, 10**6))
    if kind == "text-to-video":
        return
    if images is None:
        excused = on("r2v-no-images-accepted") and kind == "reference-to-video"
        excused = excused or (on("i2v-no-image-accepted") and kind == "image-to-video")
        if low and not excused:
            raise invalid("image_urls is required")
    else:
        if on("i2v-two-images"):
            high = max(high, 2)
        if on("r2v-ten-images-accepted", "edit-six-images-accepted"):
            high += high > 1
        if on("r2v-nine-images-refused"):
            high = min(high, 8)
        if on("r2v-empty-images-accepted"):
            low = 0
        if (
            not isinstance(images, list)
            or not low <= len(images) <= high
            or not all(web_address(each) for each in images)
        ):
            raise invalid("image_urls is not valid")
        if on("http-image-refused") and any(each.startswith("http:") for each in images):
            raise invalid("image_urls must be https")
    if kind == "video-edit":
        videos: Any = (
            body.get("video_urls") or [each for each in (body.get("video_url"), body.get("video")) if each][:1]
        )
        if not videos and not on("edit-no-video-accepted"):
            code = "no_video" if on("edit-no-video-code") else "missing_video_urls"
            raise invalid("happyhorse-1.0-video-edit requires video_urls or video_url", code)
        if videos and not (isinstance(videos, list) and len(videos) == 1 and web_address(videos[0])):
            raise invalid("video_urls must hold one URL")
        if not all(web_address(body.get(name, "https://x.test/")) for name in ("video_url", "video")):
            raise invalid("video_url is no address")
        if type(body.get("keep_original_sound", False)) is not bool and not on("edit-sound-string-accepted"):
            raise invalid("keep_original_sound must be a boolean")


def check_callback(address: object, studio: Studio) -> None:
    if not isinstance(address, str) or (len(address) > 2048 and not studio.on("callback-long-accepted")):
        raise invalid("callback_url is too long")
    parts = urlsplit(address)
    if parts.scheme != "https" and not (studio.on("callback-http-accepted") and parts.scheme == "http"):
        raise invalid("callback_url must be https")
    if private(parts.hostname or "") and not studio.on("callback-private-accepted"):
        raise invalid("callback_url must not be private")


def new_id(model: str, studio: Studio) -> str:
    if studio.on("id-without-prefix"):
        return str(uuid.uuid4())
    if studio.on("short-id"):
        return f"task-unified-{int(time.time())}-{''.join(random.choices(string.ascii_lowercase + string.digits, k=8))}"
    return f"task-unified-{time.time_ns()}-{''.join(random.choices(string.ascii_letters + string.digits, k=8))}-{model}"


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
        body = {name: value for name, value in body.items() if value is not None}
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

    pace = 0.05 if on("slow") else 0
    return Starlette(
        routes=[
            Route("/v1/videos/generations", delayed(create, pace), methods=["POST"]),
            Route("/v1/tasks/{task_id}", delayed(query, pace)),
            Route("/v1/credits", balance),
            Route("/v1/models", models),
            Route("/files/{name}", file),
        ],
        exception_handlers={FaultError: fault, 404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
