"""One provider's mock: takes a request, gives an answer. No network here, and no vendor's name."""

from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from screentest_contracts.contract import Contract, Model, Operation, Role, StatusClass, group_name
from screentest_contracts.signatures import write_secret
from screentest_contracts.template import Context, Template
from screentest_contracts.tokens import make_token
from screentest_mockserver.behaviours.deviations import BodyHookContext, Deviation
from screentest_mockserver.operations.content import content, video_bytes
from screentest_mockserver.operations.create import create, new_task, receipt
from screentest_mockserver.operations.idempotency import Keys
from screentest_mockserver.operations.manage import cancel, list_tasks
from screentest_mockserver.operations.query import asked_id, query
from screentest_mockserver.operations.uploads import issue_upload, take_bytes, upload
from screentest_mockserver.state.files import Files
from screentest_mockserver.state.refusals import Refusal, plain, refuse
from screentest_mockserver.state.render import ErrorContext, TaskContext, ValueSource
from screentest_mockserver.tasks.plan import Plan, State, make_plan
from screentest_mockserver.tasks.scenarios import Scenario, scenario
from screentest_mockserver.tasks.store import Bounded, MemoryStore, Store, Task
from screentest_mockserver.wire.accounts import CALLBACK_SECRET, GOOD_KEY, Account, account_keys, accounts
from screentest_mockserver.wire.answer import JSON, Answer, Headers, Request
from screentest_mockserver.wire.clock import Clock
from screentest_mockserver.wire.signed import SignedKeys

MAX_BODY = 10 * 1024 * 1024
"""Larger request bodies are answered as `too-large`, where the document sets no limit of its own."""


class ProviderMock:
    """Serves one contract.

    Scenarios and deviations: `scenario` / `deviation` hold for every task, `schedule` for the next ones. The operations
    are functions in `create`, `query`, `content` and `manage`; what they look up per request is prepared here once.
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
        self.store: Store = MemoryStore() if store is None else store  # an empty one is false
        self.keys = account_keys(contract, api_key)
        self.accounts = accounts(self.keys)
        self.good_account = self.accounts[self.keys["good"]]
        self.signed = SignedKeys(contract.token, self.accounts) if contract.token is not None else None
        self.random = ValueSource(seed)
        self.scenario = scenario(scenario_name, contract)
        self.deviation: Deviation | None = None
        self.scheduled: deque[tuple[Scenario, int]] = deque()
        self.allow_loopback_callbacks = allow_loopback_callbacks
        signature = contract.callback.signature if contract.callback else None
        self.callback_secret = write_secret(signature, CALLBACK_SECRET) if signature else ""
        self.created: list[Task] = []
        self.idempotency_keys = Keys()
        self.notes: dict[Any, Any] = {}  # what a deviation wants to remember
        self.create_faults = 0
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self.shared_wanted: dict[tuple[float, str, str], tuple[float, str, str]] = {}  # one tuple for all alike
        self.wanted: dict[tuple[Any, ...], tuple[float, str, str]] = {}
        self.models_at_operation = {
            operation.id: [model for model in contract.models.values() if operation in model.operations]
            for operation in contract.roles[Role.CREATE]
        }
        self.files = Files(contract)
        self.most = {role: _limit(contract, role) for role in (Role.CREATE, Role.UPLOAD)}
        self.max_body = max(self.most.values()) if contract.upload is not None else self.most[Role.CREATE]
        self.shown_ids: Bounded[tuple[Role, str], str] = Bounded()
        self.other_ids = {
            role: shown.value for role, (operation, *_) in contract.roles.items() if (shown := operation.shown_id)
        }
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
        self.accounts_by_key = {
            (contract.key_prefix + key).encode("latin-1"): account
            for key, account in self.accounts.items()
            if contract.token is None
        }
        self.key_header = contract.key_header.encode("latin-1")
        self.keeps_request = _keeps_request(contract)
        self._headers = {
            role: [
                (header.name.lower().encode("latin-1"), header.make, header.of_task)
                for header in contract.headers
                if role in header.roles
            ]
            for role in contract.roles
        }
        self._media: dict[tuple[Role, int], Headers] = {}
        self.success_statuses = {role: success.made for role, success in contract.success.items()}
        self.body_templates = {
            (operation.id, profile.name): {
                status: next(body.template for body in bodies if body.selected)
                for status, bodies in (
                    profile.result if operation.role is Role.RESULT else profile.views.get(operation.id, profile.bodies)
                ).items()
            }
            for operation in contract.operations.values()
            for profile in contract.profiles.values()
        }
        self.shown: dict[tuple[str, str], tuple[State, Template, bytes]] = {}
        link = contract.link.make
        self.link_volatile = link is not None and any(link.slots_named("now", "answer_id", "queue_position"))
        self.receipt_templates = {
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
        self.idempotency_keys.clear()
        self.scheduled.clear()
        self.deviation = None
        self.notes.clear()
        self.shown.clear()
        self.shown_ids.clear()
        self.files.clear()
        self.create_faults = 0

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
                    return operation, match.groupdict().get(group_name(operation.carrier)) or ""
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
                    answer = query(self, request, operation, task_id)
                elif role is Role.CREATE:
                    answer = create(self, request, operation)
                elif role is Role.CONTENT:
                    answer = content(self, request, operation, task_id)
                elif role is Role.LIST:
                    answer = list_tasks(self, request, operation)
                elif role is Role.UPLOAD:
                    answer = upload(self, request, operation)
                else:
                    answer = cancel(self, request, operation, task_id)
            except Refusal as refusal:
                answer = self._answer_despite_refusal(refusal, request, operation, task_id) or refuse(
                    self, refusal, request
                )
        except Refusal as refusal:
            answer = refuse(self, refusal, request)
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
                if name == self.key_header:
                    key = value
                    break
        account, wrong = None if key is None else self.accounts_by_key.get(key), "missing-key"
        if account is None and key:
            account, wrong = self.owner(key)
        if self.deviation is not None and self.deviation.account is not None:
            account = self.deviation.account(self, operation, account, key is not None)
        if account is None:
            raise Refusal(role, wrong)
        return account

    def owner(self, key: bytes) -> tuple[Account | None, str]:
        """Whose key this is, as its header has it; the second is the condition where it is nobody's."""
        prefix = self.contract.key_prefix.encode("latin-1")
        if key[: len(prefix)].lower() == prefix.lower():  # the scheme's name has no case (RFC 9110, 11.1)
            bare = key[len(prefix) :]
            if self.signed is not None:
                overlook = self.deviation.overlooks if self.deviation is not None else frozenset()
                return self.signed.owner(bare.strip(), self.clock.now(), overlook)
            return self.accounts_by_key.get(prefix + (bare.strip() if prefix else bare)), "wrong-key"
        return None, "wrong-key"

    def credential(self, role: str = "good") -> str:
        """What a request of an account carries now: its key, or a token signed with it."""
        key, rule = self.keys[role], self.contract.token
        return key if rule is None else make_token(rule, key, self.clock.now())

    def media(self, request: Request, task_id: str) -> Answer:
        """The bytes behind a result link that is no operation of the vendor's API."""
        if request.method == "PUT" and self.contract.upload is not None:
            return self._varied(request, take_bytes(self, request, unquote(task_id)))
        if request.method not in ("GET", "HEAD"):
            return plain(405, "method not allowed")
        task = self.store.get(unquote(task_id))
        state = None if task is None else self.state(task)
        if task is None or state is None or state.status_class is not StatusClass.SUCCEEDED:
            return plain(404, "no such object")
        if self.contract.link.auth == "required":
            account, _ = self.owner((request.header(self.key_header) or "").encode("latin-1", "replace"))
            if account is None or account.name != task.account.name:
                return plain(401, "key required")
        try:
            answer = video_bytes(self, request, task, state, None)
        except Refusal as refusal:
            answer = plain(404 if refusal.condition == "not-ready" else 403, refusal.condition)
        return self._varied(request, answer)

    def _varied(self, request: Request, answer: Answer) -> Answer:
        if self.deviation is not None and self.deviation.answer is not None:
            answer = self.deviation.answer(self, request, answer)
        return answer

    def _answer_despite_refusal(
        self, refusal: Refusal, request: Request, operation: Operation, task_id: str
    ) -> Answer | None:
        """The answer of a mock that overlooks this condition, or None."""
        if self.deviation is None or refusal.condition not in self.deviation.forgives:
            return None
        if operation.role is Role.CREATE:
            model = self.models_at_operation[operation.id][0]
            return receipt(self, new_task(self, request, self.good_account, model, model.base, self.scenario))
        if operation.role is Role.UPLOAD:
            return issue_upload(self, request, self.good_account, operation, 1)
        task = self.store.get(asked_id(self, request, operation, task_id))
        return None if task is None else video_bytes(self, request, task, task.plan.final, None)

    def _unrouted(self, request: Request) -> Answer:
        """The answer to a path or method that no operation has."""
        other = next((operation for _, pattern, operation in self._routes if pattern.fullmatch(request.path)), None)
        if other is None:
            raise Refusal(Role.QUERY, "unknown-path", detail=f"{request.method} {request.path[:200]}")
        answer = refuse(self, Refusal(other.role, "wrong-method", detail=request.method), request)
        if answer.status == 405:
            allowed = {method for method, pattern, _ in self._routes if pattern.fullmatch(request.path)}
            answer.headers.append((b"allow", ", ".join(sorted(allowed)).encode()))
        return answer

    # -- rendering ----------------------------------------------------------------------------------------------

    def rendered(self, operation: Operation, task: Task, state: State) -> Any:
        """The body with which a query operation shows a task in a state."""
        return self.render(self.body_templates[operation.id, task.model.profile][state.status], task, state)

    def render(self, template: Template, task: Task, state: State) -> Any:
        """Any template with a task's values."""
        return template.render(self.context(task, state))

    def context(self, task: Task, state: State) -> TaskContext:
        """What the holes of a task's bodies stand for now."""
        return TaskContext(self.contract, task, state, self.clock.now(), self.clock.speed, self.random)

    def detail(self, task: Task) -> Any:
        """The canonical query's body for a task now (what a callback carries)."""
        operation = self.contract.roles[Role.QUERY][0]
        state = self.state(task)
        body = self.rendered(operation, task, state)
        if self.deviation is not None and self.deviation.body is not None:
            body = self.deviation.body(BodyHookContext(self, Role.QUERY, "callback", task, state), body)
        return body

    def document_headers(
        self, role: Role, task: Task | None = None, state: State | None = None
    ) -> list[tuple[bytes, bytes]]:
        """The headers that the document gives every answer of a role; those that tell of a task need one."""
        declared = self._headers.get(role)
        if not declared:
            return []
        if task is None or state is None:
            context: Context = ErrorContext(self.clock.now(), self.random, {})
            declared = [each for each in declared if not each[2]]
        else:
            context = self.context(task, state)
        return [(name, str(template.render(context)).encode("latin-1")) for name, template, _ in declared]

    def response_headers(
        self, role: Role, status: int, task: Task | None = None, state: State | None = None
    ) -> list[tuple[bytes, bytes]]:
        """The same for a JSON answer, with the media type that the document declares for this status."""
        try:
            media = self._media[role, status]
        except KeyError:
            media = self._media[role, status] = _media_type(self.contract, role, status)
        return [*media, *self.document_headers(role, task, state)]


def _media_type(contract: Contract, role: Role, status: int) -> Headers:
    """The content type of a JSON answer: application/json unless the document declares another kind of JSON only."""
    operation = contract.operation(role)
    response = operation.response(status) if operation is not None else None
    declared = [name for name in response.validators if "json" in name] if response is not None else []
    if not declared or "application/json" in declared:
        return JSON
    return [(b"content-type", declared[0].encode("latin-1"))]


def _limit(contract: Contract, role: Role) -> int:
    """The bytes beyond which a body is too large for a role."""
    rows = contract.errors.get((role, "too-large"), ())
    return max((row.limit for row in rows if row.limit), default=MAX_BODY)


def _keeps_request(contract: Contract) -> Mapping[str, bool]:
    """Per profile: whether any of its bodies shows the prompt or other parts of the request."""
    kept = {}
    for profile in contract.profiles.values():
        bodies = [*profile.receipt, *profile.item]
        for group in (profile.bodies, profile.result, *profile.views.values()):
            bodies += [body for readings in group.values() for body in readings]
        kept[profile.name] = any(any(body.template.slots_named("prompt", "request")) for body in bodies)
    return kept
