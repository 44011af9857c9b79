"""A server that does what an OpenAPI description says, and nothing else: it is made from the description alone.

It knows the operation that makes a task, the one that reads it, by method and path, and the list beside them. Every
answer is a value that the declared schema takes; what a schema leaves open is chosen by chance, the same for one task
at one status. Tasks go through the words of the schema's status. No code is shared with the mock or with
`screentest init`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.descriptions.answers import Answers, in_order
from tests.descriptions.values import Json, Maker, RefusedError, followed, judge
from tests.witnesses.common import film, send_file

KEY = "sk-faithful"
LISTED = 4
"""How many tasks a list shows."""


@dataclass
class Task:
    """One task: its id as the description has it, the request, and how often it has been read."""

    id: Any
    asked: Json
    polls: int = 0


@dataclass
class Operation:
    """One operation of the description."""

    method: str
    path: str
    node: Mapping[str, Any]
    shared: list[Json] = field(default_factory=list)


class Faithful:
    """The server. `create` and `query`: `METHOD /path` as the description writes them. Another `salt`, other
    answers."""

    def __init__(self, root: Json, create: str, query: str, salt: str = "") -> None:
        self.root = root
        self.operations = {
            f"{method.upper()} {path}": Operation(method, path, node, list(item.get("parameters", ())))
            for path, item in root["paths"].items()
            for method, node in item.items()
            if method in ("get", "post", "put", "delete", "patch")
        }
        self.create, self.query = self.operations[create], self.operations[query]
        self.salt, self.made = salt, 0
        self.tasks: dict[str, Task] = {}
        self.answers = Answers(root)
        self.status_at, words = self.answers.status(self._answer(self.query))
        self.words = in_order(words)

    def app(self) -> Starlette:
        """The application, at the paths of the description below that of its first server."""
        base = re.sub(r"^https?://[^/]*", "", (self.root.get("servers") or [{"url": ""}])[0]["url"]).rstrip("/")
        by_path: dict[str, dict[str, Operation]] = {}
        for each in self.operations.values():
            by_path.setdefault(each.path, {})[each.method.upper()] = each
        routes = [Route("/films/{name}", self.film)]
        for path, methods in sorted(by_path.items(), key=lambda row: row[0].count("{")):
            own = re.sub(r"[{<]([\w-]+)[}>]", lambda match: "{" + match[1].replace("-", "_") + "}", path)
            routes.append(Route(base + own, self._endpoint(methods), methods=list(methods)))
        return Starlette(routes=routes)

    def _endpoint(self, methods: Mapping[str, Operation]) -> Any:
        async def endpoint(request: Request) -> Response:
            operation = methods.get("GET" if request.method == "HEAD" else request.method)
            return await self._answered(operation, request) if operation else Response(status_code=405)

        return endpoint

    async def film(self, request: Request) -> Response:
        """The bytes of a result."""
        return send_file(request, film(5, "16:9", "720p"))

    async def _answered(self, operation: Operation, request: Request) -> Response:
        if operation.node.get("security", self.root.get("security")) and not self._knows(request):
            return self._refused(operation, 401)
        if operation is self.create:
            return await self._made(operation, request)
        shown = self.answers.listed(self._answer(operation)) if self._lists(operation) else None
        if shown is not None:
            return self._listed(operation, *shown)
        task = await self._task(operation, request)
        if operation is self.query:
            return self._read(operation, task, request) if task else self._refused(operation, 404)
        content = self._content(operation)
        if "{" in operation.path and task is None:
            return self._refused(operation, 404)
        if any("json" not in media for media in content):
            return send_file(request, film(5, "16:9", "720p"))
        if task is not None and operation.method == "delete":
            del self.tasks[str(task.id)]
        return self._said(operation, self._good(operation), "other", {}, whole=False)

    def _knows(self, request: Request) -> bool:
        sent = [*request.headers.values(), *request.query_params.values()]
        return any(KEY in value for value in sent)

    async def _task(self, operation: Operation, request: Request) -> Task | None:
        given = [*request.path_params.values(), *request.query_params.values()]
        if operation.method == "post" and request.headers.get("content-type", "").startswith("application/json"):
            body = await request.json()
            given += (
                [value for value in body.values() if isinstance(value, str | int)] if isinstance(body, dict) else []
            )
        return next((self.tasks[str(each)] for each in given if str(each) in self.tasks), None)

    async def _made(self, operation: Operation, request: Request) -> Response:
        bad = 400 if "400" in _codes(operation) or "422" not in _codes(operation) else 422
        content = followed(self.root, operation.node.get("requestBody", {})).get("content", {})
        media = request.headers.get("content-type", "").partition(";")[0]
        if media not in content:
            return self._refused(operation, 415 if "415" in _codes(operation) else bad)
        if "json" in media:
            try:
                asked = json.loads(await request.body())
            except ValueError:
                return self._refused(operation, bad)
        else:
            asked = dict(await request.form())
        if "json" in media and not judge(self.root, content[media].get("schema", {})).is_valid(asked):
            return self._refused(operation, bad)
        schema = self._answer(operation)
        self.made += 1
        task = Task(self.answers.new_id(schema, self.made, self.salt), asked)
        self.tasks[str(task.id)] = task
        at, words = self.answers.status(schema)
        fixed = dict.fromkeys(self.answers.ids(schema), task.id)
        if at is not None:
            fixed[at] = in_order(words)[0]
        fixed |= self.answers.echoes(schema, task.asked)
        return self._said(operation, self._good(operation), f"made {task.id}", fixed, whole=False)

    def _read(self, operation: Operation, task: Task, request: Request) -> Response:
        schema = self._answer(operation)
        word = self.words[min(task.polls, len(self.words) - 1)]
        task.polls += 1
        done = word == self.words[-1]
        fixed = dict.fromkeys(self.answers.ids(schema), task.id)
        if self.status_at is not None:
            fixed[self.status_at] = word
        fixed |= self.answers.echoes(schema, task.asked)
        fixed |= self.answers.progress(schema, min(1.0, task.polls / len(self.words)))
        if done:
            base = f"{request.url.scheme}://{request.url.netloc}"
            fixed |= dict.fromkeys(self.answers.addresses(schema), f"{base}/films/{task.id}.mp4")
        else:
            fixed |= self.answers.unready(schema)
        return self._said(operation, self._good(operation), f"{word} {task.id}", fixed, whole=done)

    def _lists(self, operation: Operation) -> bool:
        """Whether an operation lists tasks: it reads what a create adds to, or what holds what a query reads."""
        around = (self.create.path.rstrip("/"), self.query.path.rpartition("/")[0])
        return operation.method == "get" and operation.path.rstrip("/") in around and "{" not in operation.path

    def _listed(self, operation: Operation, at: str, id_at: str, status_at: str) -> Response:
        """The newest tasks, each as it was last shown."""
        fixed: dict[str, Any] = {}
        for index, task in enumerate(list(self.tasks.values())[: -LISTED - 1 : -1]):
            fixed[f"{at}/{index}{id_at}"] = task.id
            if status_at:
                fixed[f"{at}/{index}{status_at}"] = self.words[min(max(task.polls - 1, 0), len(self.words) - 1)]
        return self._said(operation, self._good(operation), f"list {len(fixed)}", fixed, whole=False)

    # -- what schemas say ------------------------------------------------------------------------------------------

    def _content(self, operation: Operation, status: int | None = None) -> Mapping[str, Any]:
        answers = {str(key): value for key, value in operation.node.get("responses", {}).items()}
        status = status or self._good(operation)
        for key in (str(status), f"{str(status)[0]}XX", "default"):
            if key in answers:
                return dict(followed(self.root, answers[key]).get("content", {}))
        return {}

    def _good(self, operation: Operation) -> int:
        return min([int(code) for code in _codes(operation) if re.fullmatch(r"2\d\d", code)] or [200])

    def _answer(self, operation: Operation) -> Json:
        return next((node.get("schema", {}) for media, node in self._content(operation).items() if "json" in media), {})

    def _said(self, operation: Operation, status: int, seed: str, fixed: Mapping[str, Any], *, whole: bool) -> Response:
        content = self._content(operation, status)
        schema = next((node.get("schema") for media, node in content.items() if "json" in media), None)
        if status == 204:
            return Response(status_code=status)
        if schema is None:
            return JSONResponse(_nested(fixed), status)
        vital = {at: value for at, value in fixed.items() if at == self.status_at or at in self.answers.ids(schema)}
        given = dict(fixed)
        while True:
            try:
                return JSONResponse(Maker(self.root, seed, given, whole=whole).of(schema), status)
            except RefusedError:
                spare = next((at for at in reversed(given) if at not in vital), None)
                if spare is None:
                    raise
                del given[spare]

    def _refused(self, operation: Operation, status: int) -> Response:
        content = self._content(operation, status)
        if not any("schema" in node for media, node in content.items() if "json" in media):
            return JSONResponse({"error": "refused"}, status)
        return self._said(operation, status, "refused", {}, whole=False)


def _codes(operation: Operation) -> list[str]:
    return [str(code) for code in operation.node.get("responses", {})]


def _nested(fixed: Mapping[str, Any]) -> Json:
    made: dict[str, Any] = {}
    for at, value in fixed.items():
        if "/" not in at[1:]:
            made[at[1:]] = value
    return made
