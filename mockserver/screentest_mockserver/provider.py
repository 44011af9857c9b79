"""One provider's mock: takes a request, gives an answer. No network here, and no vendor's name."""

from collections import deque
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from screentest_contracts.contract import FORM, Contract, Model, Operation, Role, StatusClass, group_name
from screentest_contracts.errors import UsageError
from screentest_contracts.forms import coerced
from screentest_contracts.location import MISSING, Location, is_empty
from screentest_contracts.template import Template, digits
from screentest_mockserver.accounts import GOOD_KEY, Account, accounts
from screentest_mockserver.answer import JSON, Answer, Request
from screentest_mockserver.clock import Clock
from screentest_mockserver.deviations import Deviation, View
from screentest_mockserver.forms import read_form
from screentest_mockserver.plan import Plan, State, make_plan
from screentest_mockserver.ranges import parse_range
from screentest_mockserver.render import ErrorContext, ListContext, Source, TaskContext
from screentest_mockserver.scenarios import Faults, Scenario, scenario
from screentest_mockserver.store import MemoryStore, Store, Task
from screentest_mockserver.video import frame_size, make_video

MAX_BODY = 10 * 1024 * 1024
"""Larger request bodies are answered as `too-large`, where the document sets no limit of its own."""

LISTED = 1000
"""The newest tasks of an account that lists know."""


class Refusal(Exception):  # noqa: N818 - control flow within this module, not an error
    """A condition of the document's error catalogue."""

    def __init__(self, role: Role, condition: str, **values: Any) -> None:
        super().__init__(condition)
        self.role = role
        self.condition = condition
        self.values = values


class ProviderMock:
    """Serves one contract.

    Scenarios and deviations: `scenario` / `deviation` hold for every task, `schedule` for the next ones.
    """

    def __init__(
        self,
        contract: Contract,
        clock: Clock,
        *,
        store: Store | None = None,
        api_key: str = GOOD_KEY,
        scenario_name: str = "success",
        seed: int | None = None,
        allow_loopback_callbacks: bool = False,
    ) -> None:
        self.contract = contract
        self.clock = clock
        self.store: Store = store or MemoryStore()
        self.accounts = accounts(api_key)
        self._good = self.accounts[api_key]
        self.random = Source(seed)
        self.scenario = scenario(scenario_name, contract)
        self.deviation: Deviation | None = None
        self.scheduled: deque[tuple[Scenario, int]] = deque()
        self.allow_loopback_callbacks = allow_loopback_callbacks
        self.created: list[Task] = []
        self.notes: dict[Any, Any] = {}  # what a deviation wants to remember
        self._create_faults = 0
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._wanted: dict[tuple[float, str, str], tuple[float, str, str]] = {}
        self._models_at_operation = {
            operation.id: [model for model in contract.models.values() if operation in model.operations]
            for operation in contract.roles[Role.CREATE]
        }
        self.max_body = max(
            (row.limit for row in contract.error_rows() if row.condition == "too-large" and row.limit), default=MAX_BODY
        )
        self._routes = [
            (operation.method, operation.pattern, operation)
            for operations in contract.roles.values()
            for operation in operations
        ]
        self._static = {
            (operation.method, operation.path): operation
            for operation in contract.operations.values()
            if "{" not in operation.path
        }
        # The commonest path shape, a prefix and the id, without a regular expression.
        self._by_prefix = {
            (operation.method, operation.path[: operation.path.index("{")]): operation
            for operation in contract.operations.values()
            if operation.path.count("{") == 1 and operation.path.endswith("}")
        }
        self._keys = {(contract.key_prefix + key).encode("latin-1"): account for key, account in self.accounts.items()}
        self._key_header = contract.key_header.encode("latin-1")
        self._keeps_request = _keeps_request(contract)
        self._headers = {
            role: [
                (header.name.lower().encode("latin-1"), header.make)
                for header in contract.headers
                if role in header.roles
            ]
            for role in contract.roles
        }
        self._statuses = {role: success.made for role, success in contract.success.items()}
        self._body_maps = {
            (operation.id, profile.name): {
                status: next(body.template for body in bodies if body.selected)
                for status, bodies in (
                    profile.result if operation.role is Role.RESULT else profile.views.get(operation.id, profile.bodies)
                ).items()
            }
            for operation in contract.operations.values()
            for profile in contract.profiles.values()
        }
        self._receipts = {
            profile.name: next(body.template for body in profile.receipt if body.selected)
            for profile in contract.profiles.values()
        }

    # -- control ------------------------------------------------------------------------------------------------

    def schedule(self, name: str, count: int = 1) -> None:
        """The next `count` tasks follow the scenario `name`. Raises UsageError."""
        self.scheduled.append((scenario(name, self.contract), count))

    def reset(self) -> None:
        """Forgets tasks, scheduled scenarios and deviations."""
        self.store.clear()
        self.created.clear()
        self.scheduled.clear()
        self.deviation = None
        self.notes.clear()
        self._create_faults = 0

    def elapsed(self, task: Task) -> float:
        """Seconds of the task's own life that have passed."""
        return (self.clock.now() - task.created) * self.clock.speed

    def state(self, task: Task) -> State:
        """What the task is now."""
        state = task.plan.at(self.elapsed(task))
        if self.deviation is not None and self.deviation.state is not None:
            state = self.deviation.state(self, task, state)
        return state

    def plan(self, model: Model, chosen: Scenario) -> Plan:
        """The plan for a scenario, shared by all tasks that follow it."""
        key = (model.profile, chosen)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = make_plan(
                self.contract,
                self.contract.profiles[model.profile],
                outcome=chosen.outcome,
                pace=chosen.pace,
                failure=chosen.failure,
            )
        return plan

    # -- requests -----------------------------------------------------------------------------------------------

    def route(self, method: str, path: str) -> tuple[Operation, str] | None:
        """The operation and the id in its path."""
        operation = self._static.get((method, path))
        if operation is not None:
            return operation, ""
        cut = path.rfind("/") + 1
        operation = self._by_prefix.get((method, path[:cut]))
        if operation is not None and cut < len(path):
            return operation, path[cut:]
        for wanted, pattern, operation in self._routes:
            if wanted == method:
                match = pattern.fullmatch(path)
                if match is not None:
                    return operation, match.groupdict().get(group_name(self.contract.id.parameter)) or ""
        return None

    def handle(self, request: Request) -> Answer:
        """The answer to a request."""
        self.random.answer_ids.clear()
        try:
            found = self.route(request.method, request.path)
            if found is None:
                return self._unrouted(request)
            operation, task_id = found
            role = operation.role
            try:
                if role is Role.QUERY or role is Role.RESULT:
                    answer = self._query(request, operation, task_id)
                elif role is Role.CREATE:
                    answer = self._create(request, operation)
                elif role is Role.CONTENT:
                    answer = self._content(request, operation, task_id)
                elif role is Role.LIST:
                    answer = self._list(request, operation)
                else:
                    answer = self._cancel(request, operation, task_id)
            except Refusal as refusal:
                answer = self._forgive(refusal, request, operation, task_id) or self._refuse(refusal, request)
        except Refusal as refusal:
            answer = self._refuse(refusal, request)
        if self.deviation is not None and self.deviation.answer is not None:
            answer = self.deviation.answer(self, request, answer)
        return answer

    def account(self, request: Request, operation: Operation) -> Account | None:
        """Who calls. Raises Refusal for a missing or unknown key."""
        role = operation.role
        key: bytes | None = None
        if self.contract.key_query is not None:
            values = parse_qs(request.query.decode("latin-1")).get(self.contract.key_query)
            key = values[0].encode("latin-1", "replace") if values else None
        else:
            for name, value in request.headers:
                if name == self._key_header:
                    key = value
                    break
        account = None if key is None else self._keys.get(key)
        if account is None and key is not None:
            # the scheme's name is case-insensitive (RFC 9110, 11.1)
            prefix = self.contract.key_prefix.encode("latin-1")
            if prefix and key[: len(prefix)].lower() == prefix.lower():
                account = self._keys.get(prefix + key[len(prefix) :].strip())
        if self.deviation is not None and self.deviation.account is not None:
            account = self.deviation.account(self, operation, account, key is not None)
        if account is None:
            raise Refusal(role, "missing-key" if not key else "wrong-key")
        return account

    # -- create -------------------------------------------------------------------------------------------------

    def _create(self, request: Request, operation: Operation) -> Answer:
        account = self.account(request, operation) if operation.secured else self._good
        assert account is not None
        self._check_headers(request, operation)
        if len(request.body) > self.max_body:
            raise Refusal(Role.CREATE, "too-large")
        is_form = operation.takes_form and (request.header(b"content-type") or "").lower().startswith(FORM)
        body = self._parse_form(request) if is_form else self._parse(request, operation)
        model = self._model(operation, body)
        if is_form:
            body = coerced(body, model.schema)
        if account.restricted and model is not next(iter(self.contract.models.values())):
            raise Refusal(Role.CREATE, "forbidden-model", model=model.name)
        self._validate(model, body)
        if account.poor:
            raise Refusal(Role.CREATE, "insufficient-balance", model=model.name)
        chosen = self._next_scenario()
        if chosen.create_errors and self._create_faults < chosen.create_errors[1]:
            self._create_faults += 1
            raise Refusal(Role.CREATE, chosen.create_errors[0], model=model.name)
        self._create_faults = 0
        self._consume_scenario()
        if self.deviation is not None and self.deviation.create is not None:
            repeated = self.deviation.create(self, account, body)
            if repeated is not None:
                return repeated
        task = self._new_task(request, account, model, body, chosen)
        answer = self._receipt(task)
        answer.drop = chosen.lose_create
        answer.delay = chosen.delay
        return answer

    def _parse(self, request: Request, operation: Operation) -> Any:
        role, media = operation.role, request.header(b"content-type")
        if operation.form_only or (media is not None and "json" not in media.lower() and request.body):
            raise Refusal(role, "wrong-content-type")
        try:
            return orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Refusal(role, "malformed-json", detail=str(error)) from None

    def _parse_form(self, request: Request) -> Any:
        try:
            return read_form(request)
        except ValueError as error:
            raise Refusal(Role.CREATE, "malformed-json", detail=str(error)) from None

    def _check_headers(self, request: Request, operation: Operation) -> None:
        for parameter in operation.parameters:
            if parameter.get("in") == "header" and parameter.get("required"):
                value = request.header(str(parameter["name"]).lower().encode("latin-1"))
                allowed = parameter.get("schema", {}).get("enum")
                if value is None or (allowed and value not in allowed):
                    raise Refusal(operation.role, "missing-header", param=parameter["name"])

    def _model(self, operation: Operation, body: Any) -> Model:
        at = self.contract.model_at
        candidates = self._models_at_operation[operation.id]
        if not isinstance(body, dict):
            raise Refusal(Role.CREATE, "invalid-body", detail="the body must be an object")
        if at is None:
            return self.contract.model_of(operation, body) or candidates[0]
        name = at.find(body)
        if is_empty(name):
            unnamed = self.contract.nameless.get(operation.id)
            if unnamed is not None:
                return unnamed
            raise Refusal(Role.CREATE, "missing-model", param=_dotted(at), detail="the model's name is missing")
        model = self.contract.models.get(name) if isinstance(name, str) else None
        if model is None or model not in candidates:
            condition = "unknown-model" if isinstance(name, str) else "invalid-body"
            raise Refusal(Role.CREATE, condition, model=str(name)[:200], param=_dotted(at), detail="no such model")
        return model

    def _validate(self, model: Model, body: Any) -> None:
        try:
            if model.validator.is_valid(body):
                if self.deviation is not None and self.deviation.refuses is not None:
                    member = self.deviation.refuses(model, body)
                    if member is not None:
                        raise Refusal(Role.CREATE, "invalid-body", param=member, detail="not acceptable")
                return
            errors = list(model.validator.iter_errors(body))
        except ValueError as error:  # nested deeper than the validator goes
            raise Refusal(Role.CREATE, "invalid-body", detail=str(error)) from None
        for problem in errors:
            keyword = str(problem.schema_path[-1]) if problem.schema_path else ""
            member = _member(problem)
            if keyword == "x-public-url" and self._may_call_back(model, member, body):
                continue
            accepts = self.deviation.accepts if self.deviation is not None else None
            if accepts is not None and accepts(self.contract, member, keyword, body):
                continue
            raise Refusal(Role.CREATE, "invalid-body", param=member, detail=problem.message, model=model.name)

    def _may_call_back(self, model: Model, member: str, body: Any) -> bool:
        """Whether a private address is a callback's on this very machine, and those are allowed."""
        at = model.request.callback_url
        if not self.allow_loopback_callbacks or at is None or member != _dotted(at):
            return False
        parts = urlsplit(str(at.find(body)))
        loopback = parts.hostname in ("localhost", "::1") or str(parts.hostname).startswith("127.")
        return loopback and parts.scheme == "https"

    def _next_scenario(self) -> Scenario:
        return self.scheduled[0][0] if self.scheduled else self.scenario

    def _consume_scenario(self) -> None:
        if self.scheduled:
            chosen, count = self.scheduled.popleft()
            if count > 1:
                self.scheduled.appendleft((chosen, count - 1))

    def _new_task(self, request: Request, account: Account, model: Model, body: Any, chosen: Scenario) -> Task:
        find = model.request
        wanted = self._wants(model, body)
        callback = self.contract.callback
        callback_url = callback.url.find(body) if callback else MISSING
        plan = self.plan(model, chosen)
        if self.deviation is not None and self.deviation.plan is not None:
            plan = self.deviation.plan(self, model, plan)
        task = Task(
            id="",
            account=account,
            model=model,
            plan=plan,
            created=self.clock.now(),
            wanted=wanted,
            seed=_found(find.seed, body),
            request=body if self._keeps_request[model.profile] else None,
            base=request.base,
            callback_url=callback_url if isinstance(callback_url, str) and callback_url else None,
            faults=Faults(chosen) if chosen.has_faults else None,
        )
        task.id = self._new_id(task)
        self.store.add(task)
        if task.callback_url:
            self.created.append(task)
        return task

    def _new_id(self, task: Task) -> str:
        form = self.contract.id.made
        while True:
            made = str(form.make.render(self._context(task, task.plan.receipt)))
            if self.deviation is not None and self.deviation.id is not None:
                made = self.deviation.id(self, made)
            if self.store.get(made) is None or self.deviation is not None:
                return made

    def _wants(self, model: Model, body: Any) -> tuple[float, str, str]:
        find, defaults = model.request, model.defaults
        if self.deviation is not None and self.deviation.defaults is not None:
            defaults = self.deviation.defaults(defaults)
        duration = digits(_or_default(_found(find.duration, body), defaults.get("duration"))) or 0
        if duration <= 0 or duration > 600:
            duration = digits(defaults.get("duration")) or 5
        ratio = str(_or_default(_found(find.ratio, body), defaults.get("ratio")) or "16:9")
        if ratio.count(":") != 1 or not ratio.replace(":", "").isdecimal():
            ratio = ratio if "x" in ratio or "*" in ratio else "16:9"
        resolution = str(_or_default(_found(find.resolution, body), defaults.get("resolution")) or "720p")
        if "ratio" not in model.echoes and ":" in str(defaults.get("ratio", "16:9")):
            ratio = str(defaults.get("ratio", "16:9"))  # the request may say what it likes: it has no effect
        wanted = (float(duration), ratio, resolution)
        if wanted not in self._wanted:
            try:
                frame_size(ratio, resolution)
            except ValueError:  # a document without an enum, or a deviation, lets anything through
                wanted = (float(duration), "16:9", "720p")
        return self._wanted.setdefault(wanted, wanted)

    def _receipt(self, task: Task) -> Answer:
        state = task.plan.receipt
        template = self._receipts[task.model.profile]
        body = template.render(self._context(task, state))
        status = self._statuses[Role.CREATE]
        if self.deviation is not None and self.deviation.body is not None:
            body = self.deviation.body(View(self, Role.CREATE, "receipt", task, state), body)
        return Answer(status, self._response_headers(Role.CREATE), orjson.dumps(body), task.id)

    # -- query --------------------------------------------------------------------------------------------------

    def _query(self, request: Request, operation: Operation, task_id: str) -> Answer:
        task = self._find(request, operation, task_id)
        if task.faults is not None:
            self._query_faults(task, operation.role)
        state = self.state(task)
        templates = self._body_maps[operation.id, task.model.profile]
        template = templates.get(state.status)
        if template is None:
            context = self._context(task, state)
            raise Refusal(
                operation.role,
                "failed-task" if state.status_class.terminal else "not-ready",
                task_id=task.id,
                status=context.hole("status", ""),
                reason=context.hole("reason", ""),
                reason_code=context.hole("reason_code", ""),
            )
        body = template.render(self._context(task, state))
        if self.deviation is not None and self.deviation.body is not None:
            body = self.deviation.body(View(self, operation.role, operation.id, task, state), body)
        status = self._statuses[operation.role]
        answer = Answer(status, self._response_headers(operation.role), orjson.dumps(body), task.id)
        if task.faults is not None:
            answer.delay = task.faults.scenario.delay
        return answer

    def _query_faults(self, task: Task, role: Role) -> None:
        faults = task.faults
        assert faults is not None
        if faults.query_left > 0 and faults.scenario.query_errors:
            faults.query_left -= 1
            raise Refusal(role, faults.scenario.query_errors[0], task_id=task.id)

    def _find(self, request: Request, operation: Operation, task_id: str) -> Task:
        """The task a request speaks of. Raises Refusal: key, form of id, existence, owner, expiry, in this order."""
        role = operation.role
        account = self.account(request, operation) if operation.secured else None
        task_id = self._asked_id(request, operation, task_id)
        task = self.store.get(task_id)
        if self.deviation is not None and self.deviation.find is not None:
            task = self.deviation.find(self, operation, task_id, task)
        if task is None:
            malformed = (role, "malformed-id") in self.contract.errors and not any(
                form.pattern.search(task_id) for form in self.contract.id.forms
            )
            raise Refusal(role, "malformed-id" if malformed else "unknown-task", task_id=task_id)
        if account is not None and task.account.name != account.name:
            allowed = self.deviation is not None and self.deviation.shares
            if not allowed:
                raise Refusal(role, "foreign-task", task_id=task_id)
        if self._expired(task):
            raise Refusal(role, "expired-task", task_id=task_id)
        if operation.model_parameters and not _fits_model(operation, task.model, request.path):
            raise Refusal(role, "unknown-task", task_id=task_id)
        return task

    def _asked_id(self, request: Request, operation: Operation, task_id: str) -> str:
        if task_id:
            return unquote(task_id)
        carrier = operation.id_parameter
        if carrier is not None and carrier.get("in") == "query":
            values = parse_qs(request.query.decode("latin-1")).get(str(carrier["name"]))
            if not values:
                raise Refusal(operation.role, "invalid-body", param=carrier["name"], detail="missing")
            return values[0]
        if request.body:
            body = self._parse(request, operation)
            value = body.get(self.contract.id.parameter) if isinstance(body, dict) else None
            if isinstance(value, str):
                return value
        raise Refusal(operation.role, "invalid-body", param=self.contract.id.parameter, detail="missing")

    def _expired(self, task: Task) -> bool:
        retention = self.contract.retention
        if retention is None or (self.deviation is not None and self.deviation.keeps_tasks):
            return False
        elapsed = self.elapsed(task)
        if retention.since == "finished":
            elapsed -= task.plan.end
        return elapsed > retention.task

    # -- content, list, cancel ----------------------------------------------------------------------------------

    def _content(self, request: Request, operation: Operation, task_id: str) -> Answer:
        task = self._find(request, operation, task_id)
        state = self.state(task)
        if state.status_class is not StatusClass.SUCCEEDED:
            failed = state.status_class.terminal
            raise Refusal(Role.CONTENT, "failed-task" if failed else "not-ready", task_id=task.id, status=state.status)
        return self._bytes(request, task, state, Role.CONTENT)

    def media(self, request: Request, task_id: str) -> Answer:
        """The bytes behind a result link that is no operation of the vendor's API."""
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "method not allowed")
        task = self.store.get(unquote(task_id))
        state = None if task is None else self.state(task)
        if task is None or state is None or state.status_class is not StatusClass.SUCCEEDED:
            return _plain(404, "no such object")
        if self.contract.link.auth == "required":
            account = self._keys.get((request.header(self._key_header) or "").encode("latin-1", "replace"))
            if account is None or account.name != task.account.name:
                return _plain(401, "key required")
        try:
            answer = self._bytes(request, task, state, None)
        except Refusal as refusal:
            answer = _plain(404 if refusal.condition == "not-ready" else 403, refusal.condition)
        if self.deviation is not None and self.deviation.answer is not None:
            answer = self.deviation.answer(self, request, answer)
        return answer

    def _bytes(self, request: Request, task: Task, state: State, role: Role | None) -> Answer:
        link, where = self.contract.link, role or Role.CONTENT
        deviation = self.deviation
        if link.life is not None and not (deviation is not None and deviation.keeps_links):
            end = task.plan.end if state.finished is None else state.finished
            if self.elapsed(task) - end > link.life:
                raise Refusal(where, "link-expired", task_id=task.id)
        if task.faults is not None and task.faults.content_left > 0:
            task.faults.content_left -= 1
            raise Refusal(where, "not-ready", task_id=task.id, status=state.status)
        duration, ratio, resolution = task.wanted
        if deviation is not None and deviation.video is not None:
            duration, ratio, resolution = deviation.video(duration, ratio, resolution)
        width, height = frame_size(ratio, resolution)
        video = make_video(width=width, height=height, seconds=duration)
        data, status = video.data, 200
        headers = [
            (b"content-type", link.media_type.encode("latin-1")),
            (b"etag", video.etag.encode("latin-1")),
        ]
        if role is not None:
            headers += self._document_headers(role)
        if link.range is not False:
            headers.append((b"accept-ranges", b"bytes"))
            wanted = request.header(b"range")
            guard = request.header(b"if-range")
            if guard is not None and guard != video.etag:
                wanted = None
            try:
                span = parse_range(wanted, len(data))
            except ValueError:
                size = (b"content-range", b"bytes */%d" % len(data))
                if role is not None and self.contract.error(role, "bad-range") is not None:
                    answer = self._refuse(Refusal(role, "bad-range", task_id=task.id), request)
                    answer.headers.append(size)
                    return answer
                return Answer(416, [size, (b"content-type", b"text/plain")], b"", task.id)
            if span is not None:
                first, last = span
                headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, len(data))))
                data, status = data[first : last + 1], 206
        answer = Answer(status, headers, data, task.id)
        if task.faults is not None:
            answer.delay = task.faults.scenario.delay
            answer.cut = len(data) // 2 if task.faults.scenario.truncate else None
        return answer

    def _list(self, request: Request, operation: Operation) -> Answer:
        account = self.account(request, operation) if operation.secured else self._good
        rule = self.contract.listing
        assert rule is not None
        assert account is not None
        asked = {name: values[0] for name, values in parse_qs(request.query.decode("latin-1")).items()}
        limit = min(_positive(asked.get(rule.parameter or ""), rule.default), rule.maximum)
        page = _positive(asked.get(rule.page or ""), 1)
        kept = [task for task in self.store.newest(account, LISTED) if not self._expired(task)]
        ids = [task.id for task in kept]
        after = asked.get(rule.after or "")
        first = ids.index(after) + 1 if after in ids else (page - 1) * limit
        shown = kept[first : first + limit]
        values = {
            "items": [self._item(task) for task in shown],
            "total": len(kept),
            "page": page,
            "pages": -(-len(kept) // limit),
            "limit": limit,
            "has_more": len(kept) > first + limit,
            "first_id": shown[0].id if shown else None,
            "last_id": shown[-1].id if shown else None,
        }
        context = ListContext(self.clock.now(), self.random, values)
        body = rule.body.render(context)
        if self.deviation is not None and self.deviation.body is not None:
            body = self.deviation.body(View(self, Role.LIST, operation.id, None, None), body)
        status = self._statuses[Role.LIST]
        return Answer(status, self._response_headers(Role.LIST), orjson.dumps(body))

    def _item(self, task: Task) -> Any:
        """A task as lists show it."""
        state = self.state(task)
        profile = self.contract.profiles[task.model.profile]
        shown = profile.item or profile.bodies[state.status]
        return self.render(next(body.template for body in shown if body.selected), task, state)

    def _cancel(self, request: Request, operation: Operation, task_id: str) -> Answer:
        task = self._find(request, operation, task_id)
        rule = self.contract.cancel
        assert rule is not None
        state = self.state(task)
        if state.status_class in rule.deletes:
            self.store.remove(task.id)
        elif state.status_class in rule.classes:
            task.plan = make_plan(
                self.contract,
                self.contract.profiles[task.model.profile],
                outcome=StatusClass.CANCELLED,
                end_after=self.elapsed(task),
            )
            if task.callback_url:
                self.created.append(task)
        else:
            raise Refusal(Role.CANCEL, "not-cancellable", task_id=task.id, status=state.status)
        body = rule.body.render(self._context(task, self.state(task)))
        status = self._statuses[Role.CANCEL]
        return Answer(status, self._response_headers(Role.CANCEL), orjson.dumps(body), task.id)

    def rendered(self, operation: Operation, task: Task, state: State) -> Any:
        """The body with which a query operation shows a task in a state."""
        return self.render(self._body_maps[operation.id, task.model.profile][state.status], task, state)

    def render(self, template: Template, task: Task, state: State) -> Any:
        """Any template with a task's values."""
        return template.render(self._context(task, state))

    def _forgive(self, refusal: Refusal, request: Request, operation: Operation, task_id: str) -> Answer | None:
        """The answer of a mock that overlooks this condition, or None."""
        if self.deviation is None or refusal.condition not in self.deviation.forgives:
            return None
        if operation.role is Role.CREATE:
            model = self._models_at_operation[operation.id][0]
            return self._receipt(self._new_task(request, self._good, model, model.base, self.scenario))
        task = self.store.get(self._asked_id(request, operation, task_id))
        return None if task is None else self._bytes(request, task, task.plan.final, None)

    # -- refusals -----------------------------------------------------------------------------------------------

    def _unrouted(self, request: Request) -> Answer:
        other = next((operation for _, pattern, operation in self._routes if pattern.fullmatch(request.path)), None)
        if other is None:
            raise Refusal(Role.QUERY, "unknown-path", detail=f"{request.method} {request.path[:200]}")
        answer = self._refuse(Refusal(other.role, "wrong-method", detail=request.method), request)
        if answer.status == 405:
            allowed = {method for method, pattern, _ in self._routes if pattern.fullmatch(request.path)}
            answer.headers.append((b"allow", ", ".join(sorted(allowed)).encode()))
        return answer

    def _refuse(self, refusal: Refusal, request: Request) -> Answer:
        member = str(refusal.values.get("param") or "")
        row = self.contract.error(refusal.role, refusal.condition, member)
        if row is None and refusal.condition in ("unknown-path", "wrong-method"):
            row = next((each for each in self.contract.error_rows() if each.condition == "unknown-path"), None)
        if row is None:
            row = self.contract.error(refusal.role, "unknown-task") or self.contract.error(Role.CREATE, "invalid-body")
        unrouted = refusal.condition in ("unknown-path", "wrong-method")
        if row is None or (unrouted and row.condition == "invalid-body"):
            return _plain(404, "not found")
        reading = row.made
        context = ErrorContext(self.clock.now(), self.random, refusal.values)
        body = None if reading.body is None else reading.body.render(context)
        status = reading.status
        headers = self._response_headers(refusal.role)
        headers += [
            (name.lower().encode("latin-1"), str(template.render(context)).encode("latin-1"))
            for name, template in reading.headers.items()
        ]
        if self.deviation is not None and self.deviation.refusal is not None:
            status, body, headers = self.deviation.refusal(self, refusal, status, body, headers)
        return Answer(
            status, headers, b"" if body is None else orjson.dumps(body), str(refusal.values.get("task_id", ""))
        )

    # -- rendering ----------------------------------------------------------------------------------------------

    def _context(self, task: Task, state: State) -> TaskContext:
        return TaskContext(self.contract, task, state, self.clock.now(), self.clock.speed, self.random)

    def detail(self, task: Task) -> Any:
        """The canonical query's body for a task now (what a callback carries)."""
        operation = self.contract.roles[Role.QUERY][0]
        state = self.state(task)
        body = self.rendered(operation, task, state)
        if self.deviation is not None and self.deviation.body is not None:
            body = self.deviation.body(View(self, Role.QUERY, "callback", task, state), body)
        return body

    def _document_headers(self, role: Role) -> list[tuple[bytes, bytes]]:
        declared = self._headers.get(role)
        if not declared:
            return []
        context = ErrorContext(self.clock.now(), self.random, {})
        return [(name, str(template.render(context)).encode("latin-1")) for name, template in declared]

    def _response_headers(self, role: Role) -> list[tuple[bytes, bytes]]:
        return JSON + self._document_headers(role)


def _keeps_request(contract: Contract) -> Mapping[str, bool]:
    """Per profile: whether any of its bodies shows the prompt or other parts of the request."""
    kept = {}
    for profile in contract.profiles.values():
        bodies = [*profile.receipt, *profile.item]
        for group in (profile.bodies, profile.result, *profile.views.values()):
            bodies += [body for readings in group.values() for body in readings]
        kept[profile.name] = any(any(body.template.slots_named("prompt", "request")) for body in bodies)
    return kept


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0 else default


def _fits_model(operation: Operation, model: Model, path: str) -> bool:
    """Whether the members of a path that name the model name the task's."""
    match = operation.pattern.fullmatch(path)
    values = match.groupdict() if match is not None else {}
    return all(
        unquote(values.get(group_name(name)) or "") == model.word(word) for name, word in operation.model_parameters
    )


def _found(location: Location | None, body: Any) -> Any:
    value = MISSING if location is None else location.find(body)
    return None if value is MISSING else value


def _or_default(value: Any, default: Any) -> Any:
    return default if value is None or value == "" else value


def _dotted(location: Location) -> str:
    return location.pointers[0].strip("/").replace("/", ".")


def _member(error: Any) -> str:
    parts = [str(part) for part in error.instance_path if not isinstance(part, int)]
    missing = getattr(error.kind, "property", None)
    if missing is None and isinstance(error.instance, dict):
        # none of the alternatives holds: blame the member that the first one asks for
        inner = getattr(error.kind, "context", None) or [[]]
        first = next(iter(inner[0]), None)
        missing = getattr(first.kind, "property", None) if first is not None else None
    if missing is not None:
        parts.append(str(missing))
    return ".".join(parts)


def _plain(status: int, text: str) -> Answer:
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())


def nearest(name: str, known: list[str], what: str) -> UsageError:
    """A clear error for an unknown name."""
    near = get_close_matches(name, known, n=1)
    return UsageError(f"unknown {what} {name!r}", f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}")
