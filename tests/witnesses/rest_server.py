"""A server of the invented vendor of tests/documents/rest.yaml, written by hand.

It calls back by way of what it is given for that, and not at all without."""

import asyncio
import base64
import hmac
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import rest_lists
from common import ACCOUNTS, Builder, Job, Studio, film, main, private, send_file
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DEFECTS = {
    "create-200": "201 and 200 are not 202",
    "no-location": "a receipt has a Location",
    "location-other": "the Location is that of the render",
    "no-retry-after": "a receipt has a Retry-After",
    "id-as-text": "ids are numbers",
    "id-other-in-query": "the id stays the same",
    "state-as-text": "states are numbers",
    "state-unknown": "the states are 10 to 50",
    "state-back": "a render under way does not wait again",
    "progress-percent": "fractions are 0 to 1",
    "progress-text": "fractions are numbers",
    "time-number": "times are texts of milliseconds",
    "time-seconds": "times are texts of milliseconds",
    "outputs-object": "outputs are a list",
    "outputs-empty": "what is done has outputs",
    "expires-missing": "every output tells when it ends",
    "expires-early": "files are kept for two hours",
    "problem-plain-json": "refusals are application/problem+json",
    "problem-other-type": "each problem has its type",
    "problem-status-200": "refusals have a status of their own",
    "problem-missing": "what failed has a problem",
    "no-key-accepted": "a key is needed",
    "version-ignored": "a version is needed",
    "other-account-reads": "renders of others are unknown",
    "cursor-ignored": "a cursor leads to the next page",
    "cursor-missing": "a page before the last has a cursor",
    "engines-ignored": "a list of some engines has no others",
    "state-ignored": "a list of one state has no others",
    "sort-ignored": "lists begin with the oldest where that is asked for",
    "page-size-51-accepted": "a page has up to 50 renders",
    "delete-200": "a delete is answered 204",
    "delete-without-effect": "a stopped render says so",
    "delete-keeps": "a deleted render is gone",
    "running-deleted": "a render under way cannot be deleted",
    "drafts-unmarked": "a draft has its header",
    "script-801-accepted": "scripts have up to 800 letters",
    "script-800-refused": "scripts have up to 800 letters",
    "members-unknown-accepted": "other members are refused",
    "frames-three-accepted": "one or two frames",
    "shape-ignored": "the clip has the shape asked for",
    "no-range": "files can be fetched in parts",
    "callback-unsigned": "callbacks are signed",
    "callback-other-secret": "callbacks are signed with the account's secret",
    "callback-secret-as-text": "a secret is base64",
    "callback-signs-other-bytes": "what is signed is what is sent",
    "callback-without-id": "a delivery has an id, which is signed",
    "callback-time-of-creation": "a delivery tells when it was sent",
    "callback-first-only": "what is sent again is signed, too",
    "idempotency-ignored": "a create repeated with its key makes no second render",
    "idempotency-conflict-accepted": "a key belongs to the order it came with",
    "idempotency-untold": "a repetition says that it is one",
    "idempotency-by-order": "equal orders with different keys are different renders",
}
ASSUMED = {"keys-of-others": "keys are those of an account"}
ODDITIES = {
    "location-absolute": "a Location may be a whole address",
    "more-members": "answers may have more members",
    "problem-charset": "media types may have parameters",
    "problem-details": "problems may tell more",
    "slow": "answers may take their time",
    "no-waiting": "renders may start at once",
    "nulls-left-out": "what may be null may be left out",
    "long-ids": "numbers of sixteen digits are ids",
    "pretty": "JSON may be laid out",
    "busy": "each fiftieth call is one too many",
    "callback-rotated": "while a secret is changed there are two signatures",
    "callback-other-kinds": "there may be signatures of other kinds",
    "cursor-at-end": "an unknown cursor shows the first page",
    "keys-echoed": "answers may repeat the key",
    "replay-tells-more": "a repetition may tell how far the render is",
}
PROBLEMS = {
    "key": (401, "No valid key"),
    "version": (400, "No such version"),
    "parameter": (400, "No such page"),
    "draft": (428, "A draft"),
    "order": (422, "The order cannot be carried out"),
    "no-engine": (422, "No such engine"),
    "funds": (402, "No funds"),
    "underway": (409, "The render is under way"),
    "key-reused": (409, "The key has been used"),
}
PLAIN = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests"}
SECRET = "whsec_" + base64.b64encode(b"known to the witness and its users").decode()
Post = Callable[[str, bytes, dict[str, str]], int]
"""(address, body, headers) -> the receiver's status."""


def build(task_seconds: float = 0.5, switch: str = "", post: Post | None = None) -> Starlette:
    studio = Studio(task_seconds, switch, {**DEFECTS, **ASSUMED, **ODDITIES})
    on = studio.on
    calling: set[asyncio.Task[None]] = set()
    once: dict[tuple[str, str], tuple[str, Any, dict[str, str]]] = {}  # by account and key: order, receipt, headers

    def say(body: Any, status: int = 200, media: str = "application/json", **headers: str) -> Response:
        text = json.dumps(body, indent=2 if on("pretty") else None)
        return Response(text, status, {name.replace("_", "-"): each for name, each in headers.items()}, media)

    def problem(kind: str | int, **more: Any) -> Response:
        status, title = PROBLEMS[kind] if isinstance(kind, str) else (kind, PLAIN[kind])
        about = f"https://rest.acme.example/problems/{kind}" if isinstance(kind, str) else "about:blank"
        if on("problem-other-type"):
            about = "https://rest.acme.example/problems/any"
        body = {"type": about, "title": title, "status": status, **more}
        if on("problem-details"):
            body |= {"detail": "Ask us why.", "instance": "/v2/renders", "trace": "abc"}
        media = "application/problem+json" + ("; charset=utf-8" if on("problem-charset") else "")
        headers = {"Retry-After": "1"} if status == 429 else {}
        if on("problem-plain-json"):
            media = "application/json"
        return say(body, 200 if on("problem-status-200") else status, media, **headers)

    def moment(seconds: float) -> Any:
        if on("time-number"):
            return int(seconds * 1000)
        return str(int(seconds if on("time-seconds") else seconds * 1000))

    def show(request: Request, job: Job) -> dict[str, Any]:
        age, number = studio.age(job), int(job.id)
        stopped = job.body.get("stopped", 0.0)
        state, sub = (10, 0) if age < 0.3 else (20, 1) if age < 0.6 else (20, 2)
        if age >= 1:
            state, sub = (40, 7) if job.fails else (30, 0)
        if stopped and not on("delete-without-effect"):
            state = 50
        if on("no-waiting") and state == 10:
            state, sub = 20, 1
        if on("state-back") and 0.6 <= age < 1:
            state = 10
        fraction: Any = min(age, 0.99) if state < 30 else 1.0 if state == 30 else 0.4
        if state == 10:
            fraction = 0
        ended = job.created + studio.task_seconds if state >= 30 else None
        outputs: Any = []
        if state == 30 and not on("outputs-empty"):
            ends = (ended or 0) + (600 if on("expires-early") else 7200)
            outputs = [{"kind": "video", "href": f"{request.base_url}files/{job.id}.mp4", "expires_ms": moment(ends)}]
            if on("expires-missing"):
                del outputs[0]["expires_ms"]
            if on("outputs-object"):
                outputs = outputs[0]
        fault = {"type": "https://rest.acme.example/problems/content", "title": "Refused.", "status": 422}
        body = {
            "id": str(number) if on("id-as-text") else number + 1 if on("id-other-in-query") else number,
            "engine": job.model,
            "state": str(state) if on("state-as-text") else 25 if on("state-unknown") and state == 20 else state,
            "sub_state": sub,
            "fraction": str(fraction)
            if on("progress-text")
            else fraction * 100
            if on("progress-percent")
            else fraction,
            "created_ms": moment(job.created),
            "ended_ms": None if ended is None else moment(ended),
            "outputs": outputs,
            "problem": fault if state == 40 and not on("problem-missing") else None,
        }
        if on("nulls-left-out"):
            body = {name: value for name, value in body.items() if value not in (None, [])}
        return {**body, "region": "eu", "cost": {"credits": 3}} if on("more-members") else body

    def owner(request: Request) -> str | None:
        name = ACCOUNTS.get(request.query_params.get("api_key", ""))
        return "good" if name is None and on("no-key-accepted") else name

    def refused(request: Request) -> Response | None:
        if studio.busy():
            return problem(429)
        if owner(request) is None:
            return problem("key")
        if request.headers.get("x-acme-version") != "2026-01" and not on("version-ignored"):
            return problem("version")
        return None

    def wrong(order: dict[str, Any]) -> str | None:
        known = {"engine", "script", "clip", "frames", "hook"}
        if set(order) - known and not on("members-unknown-accepted"):
            return str(min(set(order) - known))
        script, clip = order.get("script"), order.get("clip", {})
        longest = 10_000 if on("script-801-accepted") else 799 if on("script-800-refused") else 800
        if not isinstance(script, str) or not 1 <= len(script) <= longest:
            return "script"
        allowed = {"millis": (4000, 6000, 8000), "width": (1280, 720, 960), "lines": (720, 1080)}
        if not isinstance(clip, dict) or set(clip) - {*allowed, "aspect"}:
            return "clip"
        if any(type(clip[name]) is not int or clip[name] not in allowed[name] for name in set(clip) & set(allowed)):
            return "clip"
        if clip.get("aspect", "16:9") not in ("16:9", "9:16", "1:1"):
            return "clip.aspect"
        if "frames" in order:
            frames = order["frames"]
            if not isinstance(frames, list) or not 1 <= len(frames) <= (3 if on("frames-three-accepted") else 2):
                return "frames"
            for each in frames:
                if (
                    not isinstance(each, dict)
                    or each.get("place") not in ("first", "last")
                    or not public(each.get("href"))
                ):
                    return "frames"
        return "hook" if "hook" in order and not public(order["hook"]) else None

    async def call_back(request: Request, job: Job, post: Post) -> None:
        await asyncio.sleep(studio.task_seconds + 0.01)
        for number, wait in enumerate((1, 2, 0)):
            body = json.dumps({"render": show(request, job)}).encode()
            headers = {} if number and on("callback-first-only") else signed(job, body)
            if 200 <= post(job.body["hook"], body, headers) < 300:
                break
            await asyncio.sleep(wait)

    def signed(job: Job, body: bytes) -> dict[str, str]:
        name, at = f"msg_{job.id}", str(int(job.created - 3600 if on("callback-time-of-creation") else time.time()))
        text = json.dumps(json.loads(body), indent=1).encode() if on("callback-signs-other-bytes") else body
        number = b"" if on("callback-without-id") else name.encode()

        def digest(key: bytes) -> str:
            return base64.b64encode(hmac.digest(key, b".".join((number, at.encode(), text)), "sha256")).decode()

        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        made = "v1," + digest(SECRET.encode() if on("callback-secret-as-text") else key)
        if on("callback-other-secret"):
            made = "v1," + digest(b"of somebody else")
        if on("callback-rotated"):
            made = f"v1,{digest(b'the old one')} {made}"
        if on("callback-other-kinds"):
            made = f"v1a,{digest(b'a public key')} {made}"
        headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": made}
        if on("callback-without-id"):
            del headers["webhook-id"]
        if on("callback-unsigned"):
            del headers["webhook-signature"]
        return headers

    async def create(request: Request) -> Response:
        stop = refused(request)
        if stop is not None:
            return stop
        if re.fullmatch("[0-9]", request.query_params.get("priority", "5")) is None:
            return problem("parameter", errors=[{"pointer": "priority", "detail": "not acceptable"}])
        try:
            order = json.loads(await request.body())
        except ValueError:
            return problem(400, detail="no JSON")
        if not isinstance(order, dict):
            return problem("order", errors=[{"pointer": "", "detail": "an object"}])
        if isinstance(order.get("engine"), str) and order["engine"] not in ("skiff-1", "skiff-2"):
            return problem("no-engine")
        draft = str(order.get("script")).startswith("Draft:") and request.headers.get("x-acme-draft") != "yes"
        if draft and not on("drafts-unmarked"):
            return problem("draft")
        fault = wrong(order) or (None if isinstance(order.get("engine"), str) else "engine")
        if fault is not None:
            return problem("order", errors=[{"pointer": fault, "detail": "not acceptable"}])
        if owner(request) == "poor":
            return problem("funds")
        key = request.headers.get("idempotency-key", "")
        whose = "anybody" if on("keys-of-others") else str(owner(request))
        mine = whose, json.dumps(order) if key and on("idempotency-by-order") else key
        if key and mine in once and not on("idempotency-ignored"):
            before, told, answered = once[mine]
            if before != order and not on("idempotency-conflict-accepted"):
                return problem("key-reused")
            if on("replay-tells-more"):
                told = {**told, "fraction": 0.5}
            more = {} if on("idempotency-untold") else {"Idempotency-Replayed": "true"}
            return Response(json.dumps({"render": told}), 202, {**answered, **more}, "application/json")
        number = random.randrange(10**15, 9 * 10**15) if on("long-ids") else random.randrange(10**8, 10**9)
        clip = {"aspect": "16:9", "lines": 720, **order.get("clip", {})}
        job = Job(str(number), owner(request) or "", order["engine"], order, 6, clip["aspect"], f"{clip['lines']}p")
        job.fails = job.model == "skiff-2"
        studio.add(job)
        place = "/v2/renders/" + str(number + 1 if on("location-other") else number)
        headers = {"Location": str(request.base_url).rstrip("/") + place if on("location-absolute") else place}
        headers["Retry-After"] = "1"
        if on("no-location"):
            del headers["Location"]
        if on("no-retry-after"):
            del headers["Retry-After"]
        shown = show(request, job)
        render = {"id": shown["id"], "state": "10" if on("state-as-text") else 10, "created_ms": shown["created_ms"]}
        if on("id-other-in-query"):
            render["id"] = number
        if post is not None and "hook" in order:
            calling.add(asyncio.create_task(call_back(request, job, post)))
        if key:
            once[mine] = order, render, dict(headers)
            if on("keys-echoed"):
                headers["Idempotency-Key"] = key
        return Response(json.dumps({"render": render}), 200 if on("create-200") else 202, headers, "application/json")

    def found(request: Request) -> Job | Response:
        stop = refused(request)
        if stop is not None:
            return stop
        job = studio.jobs.get(request.path_params["id"])
        if job is None or (job.owner != owner(request) and not on("other-account-reads")):
            return problem(404)
        return job

    async def query(request: Request) -> Response:
        job = found(request)
        return job if isinstance(job, Response) else say({"render": show(request, job)})

    async def remove(request: Request) -> Response:
        job = found(request)
        if isinstance(job, Response):
            return job
        if request.query_params.get("reason", "budget") not in ("budget", "mistake"):
            return problem("parameter", errors=[{"pointer": "reason", "detail": "not acceptable"}])
        state = show(request, job)["state"]
        if int(state) == 10:
            job.body["stopped"] = time.time()
        elif int(state) in (30, 40) or on("running-deleted"):
            if not on("delete-keeps"):
                del studio.jobs[job.id]
        else:
            return problem("underway")
        return say({}, 200) if on("delete-200") else Response(status_code=204)

    async def listing(request: Request) -> Response:
        stop = refused(request)
        if stop is not None:
            return stop
        query = dict(request.query_params)
        if on("cursor-ignored"):
            query.pop("cursor", None)
        if on("page-size-51-accepted") and query.get("page_size") == "51":
            query["page_size"] = "50"
        try:
            asked = rest_lists.read(query, any_cursor=on("cursor-at-end"))
        except rest_lists.ParameterError as error:
            return problem("parameter", errors=[{"pointer": str(error), "detail": "not acceptable"}])
        renders = [show(request, job) for job in studio.jobs.values() if job.owner == owner(request)]
        return say(rest_lists.page(renders, asked, on))

    async def file(request: Request) -> Response:
        job = studio.jobs.get(request.path_params["id"])
        if job is None:
            return Response(status_code=404)
        return send_file(
            request, film(6, "16:9" if on("shape-ignored") else job.ratio, job.tier), ranges=not on("no-range")
        )

    def later(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            await asyncio.sleep(0.05 if on("slow") else 0)
            return await handler(request)

        return answered

    return Starlette(
        routes=[
            Route("/v2/renders", later(create), methods=["POST"]),
            Route("/v2/renders", later(listing), methods=["GET"]),
            Route("/v2/renders/{id}", later(query), methods=["GET"]),
            Route("/v2/renders/{id}", later(remove), methods=["DELETE"]),
            Route("/files/{id}.mp4", file, methods=["GET", "HEAD"]),
        ]
    )


def public(address: object) -> bool:
    """Whether this is an HTTPS address out in the world."""
    host = urlsplit(address).hostname if isinstance(address, str) and address.startswith("https://") else None
    return host is not None and not private(host)


if __name__ == "__main__":
    builder: Builder = build
    main(builder, {**DEFECTS, **ASSUMED}, ODDITIES)
