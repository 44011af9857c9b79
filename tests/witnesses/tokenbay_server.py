"""A small video gateway as TokenBay's pages describe it: `POST /v1/videos`, `GET /v1/videos/{id}` and `/content`."""

import json

from common import FaultError, Job, Json, Studio, account, answer, delayed, film, json_object, letters, main, send_file
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tokenbay_requests import MODELS, RATIOS, check, invalid
from tokenbay_switches import ASSUMED, DEFECTS, ODDITIES


def new_id(studio: Studio) -> str:
    return letters(32) if studio.on("id-without-prefix") else f"task_{letters(32)}"


def receipt(job: Job, studio: Studio) -> Json:
    body: Json = {
        "id": job.id,
        "task_id": job.id,
        "object": "video",
        "model": job.model,
        "status": "QUEUED",
        "progress": 0,
        "created_at": int(job.created),
    }
    changes: dict[str, Json] = {
        "receipt-ids-differ": {"task_id": new_id(studio)},
        "receipt-object": {"object": "task"},
        "receipt-status-word": {"status": "ACCEPTED"},
        "receipt-progress-text": {"progress": "0%"},
        "receipt-progress-150": {"progress": 150},
        "receipt-created-iso": {"created_at": "2026-06-01T10:00:00Z"},
        "receipt-created-ms": {"created_at": int(job.created * 1000)},
        "receipt-model": {"model": "veo-3.1"},
        "lower-case": {"status": "queued"},
        "submitted-first": {"status": "SUBMITTED"},
    }
    body |= changes.get(studio.switch, {})
    if studio.on("receipt-no-ids"):
        del body["id"], body["task_id"]
    return {"code": "success", "message": "", "data": body} if studio.on("receipt-wrapped") else body


def detail(job: Job, studio: Studio, base: str) -> Json:
    on, phase, age = studio.on, studio.phase(job), studio.age(job)
    if on("instant"):
        phase = "failed" if job.fails else "done"
    if (on("never-ends") and phase in ("done", "failed")) or (on("terminal-flips") and age > 1.1):
        phase = "working"
    if (on("status-back") and 0.6 < age < 0.8) or (on("only-queued") and phase == "working"):
        phase = "waiting"
    running, done, failed = phase in ("waiting", "working"), phase == "done", phase == "failed"
    status = {"waiting": "QUEUED", "working": "IN_PROGRESS", "done": "SUCCESS", "failed": "FAILURE"}[phase]
    if on("submitted-first") and age < 0.15:
        status = "SUBMITTED"
    percent = {"waiting": 20, "working": 30, "done": 100, "failed": 100}[phase]
    body: Json = {"task_id": job.id, "id": job.id, "status": status, "progress": f"{percent}%"}
    path = f"v1/videos/{job.id}/content"
    if done:
        body["result_url"] = f"/{path}"
    if failed:
        body["fail_reason"] = "task failed, code: DataInspectionFailed , message: The output was blocked."
    changes: dict[str, tuple[bool, Json]] = {
        "query-status-word": (phase == "working", {"status": "RUNNING"}),
        "query-progress-number": (True, {"progress": percent}),
        "query-progress-bare": (True, {"progress": str(percent)}),
        "query-progress-150": (running, {"progress": "150%"}),
        "result-url-form": (done, {"result_url": f"{base}files/{job.id}"}),
        "result-url-other-task": (done, {"result_url": f"/v1/videos/{new_id(studio)}/content"}),
        "result-url-early": (running, {"result_url": f"/{path}"}),
        "fail-reason-on-success": (done, {"fail_reason": "quota"}),
        "fail-reason-object": (failed, {"fail_reason": {"code": "x"}}),
        "lower-case-query": (True, {"status": status.lower()}),
        "absolute-result-url": (done, {"result_url": base + path}),
        "empty-texts": (True, {"result_url": "", "fail_reason": ""} | body),
        "fails-upstream-text": (failed, {"fail_reason": "InternalError.Algo"}),
        "failure-progress-kept": (failed, {"progress": "30%"}),
        "progress-jumps": (running, {"progress": "0%"}),
        "row-fields": (
            True,
            {
                "submit_time": int(job.created),
                "start_time": 0 if running else int(job.created),
                "finish_time": 0 if running else int(job.created + studio.task_seconds),
                "action": "generate",
                "platform": "17",
                "quota": 425000,
                "properties": {"input": "", "origin_model_name": job.model},
                "data": None,
            },
        ),
    }
    applies, change = changes.get(studio.switch, (False, {}))
    if applies:
        body |= change
    gone = {
        "result-url-missing": ("result_url",),
        "fail-reason-missing": ("fail_reason",),
        "core-only": ("id", "task_id"),
    }
    for name in gone.get(studio.switch, ()):
        body.pop(name, None)
    return {"code": "success", "message": "", "data": body} if on("wrapped-query") else body


def build(task_seconds: float = 0.5, switch: str = "") -> Starlette:
    studio = Studio(task_seconds, switch, DEFECTS | ASSUMED | ODDITIES)
    on = studio.on

    def refuse(status: int, code: str, message: str, kind: str) -> Response:
        error: Json = {"message": message, "type": kind, "code": code}
        if on("error-message-only"):
            error = {"message": message}
        if on("error-empty-code"):
            error["code"] = ""
        if on("request-id-text"):
            error["message"] += " (request id: 20260601100000)"
        body: Json = error if on("error-unwrapped") else {"error": message if on("error-text") else error}
        if on("error-beside-receipt"):
            body |= {
                "id": "task_0",
                "task_id": "task_0",
                "object": "video",
                "status": "QUEUED",
                "progress": 0,
                "created_at": 1,
            }
        return answer(body, status, manner=switch)

    def who(request: Request, place: str) -> str:
        """The caller's account. Raises FaultError when the key will not do."""
        name = account(request)
        if name:
            return name
        bare = "authorization" not in request.headers
        lax = bare and (on("no-key-accepted") or (on("query-no-key-accepted") and place == "query"))
        lax = lax or (place == "content" and on("content-no-key", "content-redirect-free-key"))
        if lax or (not bare and on("bad-key-accepted")):
            return "good"
        status = 403 if on("no-key-403") and bare else 500 if on("query-bad-key-500") and place == "query" else 401
        raise FaultError(status, "", "Invalid token", "new_api_error")

    async def create(request: Request) -> Response:
        owner = who(request, "create")
        if studio.busy():
            raise FaultError(429, "", "Too many requests", "new_api_error")
        if on("create-alias-missing") and request.url.path != "/v1/videos":
            raise FaultError(404, "", "Invalid URL", "invalid_request_error")
        body = await json_object(request)
        if body is None:
            if on("broken-json-500"):
                raise FaultError(500, "", "invalid character", "new_api_error")
            if not on("broken-json-accepted"):
                raise FaultError(400, "", "Invalid request: invalid JSON request body", "new_api_error")
            body = {"model": "happyhorse-1.0-t2v", "prompt": "?"}
        model = body.get("model")
        if not isinstance(model, str) or not model:
            raise FaultError(400, "", "Model name not specified, model name cannot be empty", "new_api_error")
        kind = MODELS.get(model, "t2v" if on("unknown-model-accepted") else "")
        if not kind or (on("i2v-unknown") and kind == "i2v"):
            status = 200 if on("unknown-model-200") else 503
            raise FaultError(status, "model_not_found", f"No available channel for model {model}", "new_api_error")
        metadata = body.get("metadata", {})
        if isinstance(metadata, str) and on("metadata-as-text"):
            try:
                metadata = json.loads(metadata)
            except ValueError:
                raise invalid("metadata is not valid") from None
        if isinstance(metadata, dict):
            metadata = {name: value for name, value in metadata.items() if value is not None}
        body["metadata"] = metadata
        check(body, kind, studio)
        if owner == "poor" and not on("poor-accepted"):
            status = 500 if on("poor-500") else 403 if on("poor-403") else 200
            raise FaultError(status, "insufficient_user_quota", "The balance is too low", "new_api_error")
        tier = str(body.get("size", "720P" if on("default-size-720P") else "1080P")).lower()
        ratio = metadata.get("ratio", "16:9")
        job = Job(
            id=new_id(studio),
            owner=owner,
            model=model,
            body=body,
            seconds=int(body.get("duration", 6 if on("default-duration-6") else 5)),
            ratio=ratio if kind != "i2v" and ratio in RATIOS else "16:9",
            tier=tier if tier in ("720p", "1080p") else "1080p",
            fails=(kind == "i2v" and on("fails", "fail-reason-missing", "fail-reason-object", "failure-progress-kept"))
            or (kind == "r2v" and on("fails-upstream-text")),
        )
        if on("same-body-same-task"):
            job = next((old for old in studio.jobs.values() if (old.owner, old.body) == (owner, body)), job)
        return answer(receipt(studio.add(job), studio), 201 if on("create-201") else 200, manner=switch)

    async def query(request: Request) -> Response:
        owner = who(request, "query")
        alias = "/generations/" in request.url.path
        if alias and on("query-alias-missing"):
            raise FaultError(404, "", "Invalid URL", "invalid_request_error")
        job = studio.jobs.get(request.path_params["task_id"])
        if job is None or (job.owner != owner and not on("foreign-visible")):
            if on("unknown-id-success"):
                return answer({"status": "QUEUED", "progress": "0%", "task_id": request.path_params["task_id"]})
            status = (
                500 if on("unknown-id-500") else 404 if on("unknown-id-404") else 400 if on("strict-errors") else 200
            )
            raise FaultError(status, "task_not_exist", "task_not_exist", "invalid_request_error")
        body = detail(job, studio, str(request.base_url))
        if alias and on("query-alias-differs"):
            body |= {"status": "IN_PROGRESS", "progress": "30%"}
            body.pop("result_url", None)
        return answer(body, manner=switch)

    async def content(request: Request) -> Response:
        owner = who(request, "content")
        job = studio.jobs.get(request.path_params["task_id"])
        if job is None or (
            job.owner != owner and not on("content-no-key", "content-redirect-free-key", "foreign-visible")
        ):
            if on("content-unknown-200"):
                return send_file(request, film(5, "16:9", "720p"))
            error = {"message": "Task not found", "type": "invalid_request_error"}
            return answer({"error": error}, 500 if on("content-unknown-500") else 404)
        shown = detail(job, studio, "/")
        status = (shown.get("data") or shown)["status"].upper()
        if status != "SUCCESS" and not on("content-early"):
            text = f"Task is not completed yet, current status: {status}"
            return answer({"error": {"message": text, "type": "invalid_request_error"}}, 400)
        if on("content-dead"):
            return answer({"error": {"message": "Failed to fetch video content", "type": "server_error"}}, 502)
        if on("content-json"):
            return answer({"url": "https://cdn.example.com/film.mp4"})
        seconds = job.seconds + 3 if on("film-seconds") else job.seconds
        data = film(seconds, "1:1" if on("film-ratio") else job.ratio, "480p" if on("film-tier") else job.tier)
        sent = send_file(request, data, ranges=not on("content-range-ignored"))
        if sent.status_code == 416 and on("range-416-as-502"):
            return answer({"error": {"message": "Upstream service returned status 416", "type": "server_error"}}, 502)
        if sent.status_code == 206 and on("content-range-wrong"):
            return Response(data[: len(sent.body)], 206, {"content-range": sent.headers["content-range"]}, "video/mp4")
        if sent.status_code == 206 and on("content-range-headless"):
            return Response(sent.body, 206, media_type="video/mp4")
        sent.headers["cache-control"] = "public, max-age=86400"
        return sent

    async def elsewhere(request: Request) -> Response:
        job = studio.jobs[request.path_params["task_id"]]
        return send_file(request, film(job.seconds, job.ratio, job.tier))

    async def fault(request: Request, exc: Exception) -> Response:
        status, code, message, kind = exc.args
        if status == 200 and on("strict-errors"):
            status = 403 if code == "insufficient_user_quota" else 400
        return refuse(status, code, message, kind)

    async def lost(request: Request, exc: Exception) -> Response:
        return refuse(404, "", f"Invalid URL ({request.method} {request.url.path})", "invalid_request_error")

    return Starlette(
        routes=[
            *(
                Route(path, delayed(create, studio), methods=["POST"])
                for path in ("/v1/videos", "/v1/video/generations")
            ),
            *(Route(path + "/{task_id}", delayed(query, studio)) for path in ("/v1/videos", "/v1/video/generations")),
            Route("/v1/videos/{task_id}/content", content),
            Route("/files/{task_id}", elsewhere),
        ],
        exception_handlers={FaultError: fault, 404: lost, 405: lost},
    )


if __name__ == "__main__":
    main(build, DEFECTS | ASSUMED, ODDITIES)
