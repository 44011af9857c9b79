"""A small video gateway as TokenHot's pages describe it: `POST /v1/video/generations` and `GET .../{task_id}`."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from common import FaultError, Job, Json, Studio, account, answer, delayed, film, json_object, letters, main, send_file
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tokenhot_requests import HORSES, SEEDANCES, check_horse, check_seedance
from tokenhot_switches import ASSUMED, DEFECTS, ODDITIES, bend, envelope


def beijing(moment: float) -> str:
    return (datetime.fromtimestamp(moment, UTC) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def steady(job: Job, name: str) -> str:
    """A UUID that belongs to the task and never changes."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job.id}/{name}"))


def dashscope(job: Job, phase: str, link: str, studio: Studio) -> Json:
    on, end = studio.on, job.created + studio.task_seconds
    word = {"waiting": "PENDING", "working": "RUNNING", "done": "SUCCEEDED", "failed": "FAILED"}[phase]
    times = {"submit_time": beijing(job.created), "scheduled_time": beijing(job.created + 0.035)}
    output: Json = {"task_id": steady(job, "upstream"), "task_status": word, **times}
    body: Json = {"output": output, "request_id": steady(job, phase)}
    if phase in ("done", "failed"):
        output["end_time"] = beijing(end)
    if phase == "failed":
        output |= {"code": "DataInspectionFailed", "message": "The output may contain inappropriate content."}
    if phase == "done":
        output |= {"orig_prompt": job.body["wishes"]["prompt"], "video_url": link}
        edit, seconds = HORSES[job.model] == "video-edit", job.seconds
        billed: Any = float(seconds) + 0.24 if edit and on("edit-fraction") else seconds
        body["usage"] = {
            "SR": int(job.tier[:-1]),
            "duration": billed * 2 if edit else billed,
            "input_video_duration": billed if edit else 0,
            "output_video_duration": billed,
            "ratio": job.ratio,
            "video_count": 1,
        }
        changes: dict[str, Json] = {
            "nested-usage-duration": {"duration": seconds + 2, "output_video_duration": seconds + 2},
            "nested-usage-tier": {"SR": 480},
            "nested-usage-ratio": {"ratio": "2:1"},
            "usage-texts": {name: str(value) for name, value in body["usage"].items()},
        }
        body["usage"] |= changes.get(studio.switch, {})
        twists: dict[str, Json] = {
            "nested-status-running": {"task_status": "RUNNING"},
            "nested-status-lower": {"task_status": "succeeded"},
            "nested-url-other": {"video_url": "https://cdn.example.com/other.mp4"},
            "nested-prompt-other": {"orig_prompt": "Something else."},
            "nested-time-epoch": {"end_time": int(end), "submit_time": int(job.created)},
        }
        output |= twists.get(studio.switch, {})
        if on("nested-url-missing"):
            del output["video_url"]
        if on("nested-no-usage"):
            del body["usage"]
        if on("nested-no-request-id"):
            del body["request_id"]
    return body


def ark(job: Job, phase: str, link: str, studio: Studio) -> Json:
    on = studio.on
    word = {"waiting": "queued", "working": "running", "done": "succeeded", "failed": "failed"}[phase]
    base: Json = {
        "id": f"cgt-20260601100000-{job.id[-5:].lower()}",
        "model": job.model,
        "status": word,
        "created_at": int(job.created),
        "updated_at": int(job.created + studio.task_seconds),
    }
    if phase == "failed":
        return base | {"error": {"code": "OutputVideoSensitiveContentDetected", "message": "Blocked."}}
    if phase != "done":
        return base
    shown: Json = {
        "status": "SUCCEEDED" if on("ark-status-upper") else word,
        "duration": job.seconds + 2 * on("ark-duration-other"),
        "framespersecond": 24,
        "ratio": "2:1" if on("ark-ratio-other") else job.ratio,
        "resolution": "144p" if on("ark-resolution-other") else job.tier,
        "seed": 86077,
        "usage": {} if on("ark-no-tokens") else {"total_tokens": 108900},
    }
    if on("ark-trimmed"):
        return shown
    more = {} if on("ark-no-content") else {"content": {"video_url": link}}
    return base | more | shown


def detail(job: Job, studio: Studio, base: str) -> Json:
    on, phase, age = studio.on, studio.phase(job), studio.age(job)
    if on("instant"):
        phase = "failed" if job.fails else "done"
    if (on("never-ends") and age >= 1) or (on("terminal-flips") and age > 1.1):
        phase = "working"
    if on("no-queue") and phase == "waiting":
        phase = "working"
    running, done, failed = phase in ("waiting", "working"), phase == "done", phase == "failed"
    status = {"waiting": "QUEUED", "working": "IN_PROGRESS", "done": "SUCCESS", "failed": "FAILURE"}[phase]
    if age < 0.1 and not on("instant", "no-queue"):
        status = "NOT_START"
    if on("statuses") and running:
        status = ("NOT_START", "SUBMITTED", "QUEUED", "UNKNOWN", "IN_PROGRESS")[min(4, int(age * 5))]
    low, mid = (10, 50) if on("ladder-ark") else (20, 30)
    percent = {"waiting": 0 if status == "NOT_START" else low, "working": mid, "done": 100, "failed": 100}[phase]
    if on("progress-back") and phase == "working":
        percent = 50 if age < 0.6 else 30
    if on("progress-falls") and phase == "working":
        percent = 90 - int(80 * age)
    if on("progress-early-100") and phase == "working":
        percent = 100
    horse, end = job.model in HORSES, int(job.created + studio.task_seconds)
    link = f"{base}files/{job.id}.mp4?Expires={end + 86400}&OSSAccessKeyId=x&Signature=y"
    reason = "task failed, code: DataInspectionFailed , message: The output may contain inappropriate content."
    body: Json = {
        "id": int(job.created * 1000) % 10**6,
        "created_at": int(job.created),
        "updated_at": int(job.created) if running else end,
        "task_id": job.id,
        "platform": "17" if horse else "54",
        "user_id": 1,
        "group": "default",
        "channel_id": 43,
        "quota": 425000,
        "action": "textGenerate" if job.model.endswith("t2v") else "generate",
        "status": status,
        "fail_reason": reason if failed else "",
        **({"result_url": link} if done else {"result_url": reason} if failed and on("fails-url-reason") else {}),
        "submit_time": int(job.created),
        "start_time": 0 if phase == "waiting" else int(job.created),
        "finish_time": 0 if running else end,
        "progress": f"{percent}%",
        "properties": {"input": "", "upstream_model_name": job.model, "origin_model_name": job.model},
        "data": (dashscope if horse else ark)(job, phase, link, studio),
    }
    return envelope(bend(body, running, done, failed, job, studio), studio)


def receipt(job: Job, studio: Studio) -> Json:
    body: Json = {
        "id": job.id,
        "task_id": job.id,
        "object": "video",
        "model": job.model,
        "status": "queued",
        "progress": 0,
        "created_at": int(job.created),
    }
    changes: dict[str, Json] = {
        "receipt-ids-differ": {"task_id": f"task_{'1' * 32}"},
        "receipt-object": {"object": "task"},
        "receipt-status-word": {"status": "accepted"},
        "receipt-progress-text": {"progress": "0%"},
        "receipt-created-iso": {"created_at": "2026-06-01T10:00:00Z"},
        "receipt-created-ms": {"created_at": int(job.created * 1000)},
        "receipt-model": {"model": "sora-2"},
    }
    body |= changes.get(studio.switch, {})
    if studio.on("receipt-no-ids"):
        del body["id"], body["task_id"]
    return {"code": "success", "message": "", "data": body} if studio.on("receipt-wrapped") else body


def build(task_seconds: float = 0.5, switch: str = "") -> Starlette:
    studio = Studio(task_seconds, switch, DEFECTS | ASSUMED | ODDITIES)
    on = studio.on
    asked: list[str] = []

    def say(body: object, status: int = 200) -> Response:
        headers = {"x-oneapi-request-id": uuid.uuid4().hex, "x-new-api-version": "v1"} if on("extra-headers") else {}
        return answer(body, status, manner=switch, headers=headers)

    def gate(status: int, code: str, message: str) -> Response:
        """A refusal of the gateway's outer layer (shape A)."""
        text = "无效的请求" if on("chinese-errors") else message
        error = {"message": f"{text} (request id: 20260601)", "type": "new_api_error", "code": code}
        return say({"error": error}, status)

    def task_error(status: int, code: str, message: str) -> Response:
        """A refusal of the task layer (shape B)."""
        if on("error-shape-a"):
            return gate(status, code, message)
        return say({"code": code, "message": "请求失败" if on("chinese-errors") else message, "data": None}, status)

    def stranger(request: Request, querying: bool) -> Response | None:
        """The answer to a caller without a good key, or None."""
        if account(request):
            return None
        bare = "authorization" not in request.headers
        lax = bare and (on("no-key-accepted") or (on("query-no-key-accepted") and querying))
        if lax or (not bare and on("bad-key-accepted")):
            return None
        return gate(403 if on("no-key-403") else 500 if on("no-key-500") else 401, "", "Invalid token")

    async def create(request: Request) -> Response:
        if refusal := stranger(request, querying=False):
            return refusal
        owner = account(request) or "good"
        body = await json_object(request)
        if body is None:
            return gate(500 if on("broken-json-500") else 400, "", "Invalid request: invalid JSON request body")
        model = body.get("model", "")
        if not isinstance(model, str) or not model:
            return gate(400, "", "Model name not specified, model name cannot be empty")
        unknown = model not in HORSES and model not in SEEDANCES
        if unknown or (on("i2v-refused") and model.endswith("i2v")) or (on("fast-refused") and model.endswith("fast")):
            return gate(503, "model_not_found", f"No available channel for model {model} under group default")
        try:
            horse = HORSES.get(model)
            wishes = check_horse(body, horse, studio) if horse else check_seedance(body, model, studio)
        except FaultError as fault:
            status, code, message = fault.args
            return (
                task_error(200, "ali_api_error", message)
                if on("upstream-200-code")
                else task_error(status, code, message)
            )
        if owner == "poor" and not on("poor-accepted"):
            return task_error(403, "insufficient_user_quota", "用户额度不足")
        number = letters(32)
        job = Job(
            id=number if on("id-without-prefix") else f"task_{number}",
            owner=owner,
            model=model,
            body={"wishes": wishes},
            seconds=wishes["seconds"],
            ratio=wishes["ratio"],
            tier="2160p" if wishes["tier"] == "4k" else wishes["tier"],
            fails=(model.endswith("i2v") and on("fails", "fails-url-reason", "fails-bare"))
            or (model.endswith("fast") and on("fails-ark")),
        )
        return say(receipt(studio.add(job), studio))

    async def query(request: Request) -> Response:
        if refusal := stranger(request, querying=True):
            return refusal
        asked.append("")
        if on("query-503-rare") and len(asked) % 60 == 7:
            return gate(503, "system_cpu_overloaded", "Busy")
        job = studio.jobs.get(request.path_params["task_id"])
        if job is None or (job.owner != account(request) and not on("foreign-visible") and account(request)):
            if on("unknown-id-success"):
                return say({"code": "success", "message": "", "data": {"status": "QUEUED", "progress": "0%"}})
            status = 404 if on("unknown-id-404") else 500 if on("unknown-id-500") else 400
            return task_error(status, "task_not_exist", "task_not_exist")
        return say(detail(job, studio, str(request.base_url)))

    async def content(request: Request) -> Response:
        if refusal := stranger(request, querying=True):
            return refusal
        job = studio.jobs.get(request.path_params["task_id"])
        if job is None or job.owner != account(request):
            return say({"error": {"message": "Task not found", "type": "invalid_request_error"}}, 404)
        if studio.phase(job) != "done" and not on("content-early"):
            text = "Task is not completed yet, current status: IN_PROGRESS"
            return say({"error": {"message": text, "type": "invalid_request_error"}}, 400)
        return send_file(request, film(job.seconds, job.ratio, job.tier), ranges=on("content-range"))

    async def file(request: Request) -> Response:
        job = studio.jobs.get(request.path_params["name"].removesuffix(".mp4"))
        if job is None or on("link-dead"):
            return Response("<Error/>", 403, media_type="application/xml")
        if on("link-html"):
            return Response("<html>soon</html>", media_type="text/html")
        seconds = job.seconds + 3 if on("film-seconds") else job.seconds
        return send_file(request, film(seconds, job.ratio, "480p" if on("film-tier") else job.tier))

    async def video_object(request: Request) -> Response:
        """The OpenAI-style view of a task."""
        if refusal := stranger(request, querying=True):
            return refusal
        job = studio.jobs.get(request.path_params["task_id"])
        if job is None or job.owner != account(request):
            return task_error(400, "task_not_exist", "task_not_exist")
        shown = detail(job, studio, str(request.base_url))
        row = shown.get("data", shown)
        words = {"SUCCESS": "completed", "FAILURE": "failed", "IN_PROGRESS": "in_progress"}
        body: Json = receipt(job, studio) | {
            "status": words.get(row.get("status", ""), "queued"),
            "progress": int(str(row.get("progress", "0")).strip("%") or 0),
            "completed_at": int(job.created + studio.task_seconds),
            "metadata": {"url": row.get("result_url", "")},
        }
        if studio.phase(job) == "failed":
            body["error"] = {"message": row.get("fail_reason", ""), "code": ""}
        return say(body)

    async def lost(request: Request, exc: Exception) -> Response:
        text = f"Invalid URL ({request.method} {request.url.path})"
        return say({"error": {"message": text, "type": "invalid_request_error", "param": "", "code": ""}}, 404)

    return Starlette(
        routes=[
            *(
                Route(path, delayed(create, studio), methods=["POST"])
                for path in ("/v1/video/generations", "/v1/videos")
            ),
            Route("/v1/video/generations/{task_id}", delayed(query, studio)),
            Route("/v1/videos/{task_id}", video_object),
            Route("/v1/videos/{task_id}/content", content),
            Route("/files/{name}", file),
        ],
        exception_handlers={404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
