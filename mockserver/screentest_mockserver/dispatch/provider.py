"""One provider's mock: takes a request, gives an answer. No network here, and no vendor's name.

Only this package reads and writes the store. A request is answered in three steps: what the operation needs is loaded,
the operation, which is pure, gives an answer and its effects, and the effects are saved.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import unquote

from screentest_contracts.contract import RESOURCES, Contract, Operation, Role, StatusClass
from screentest_contracts.signatures import key_set
from screentest_mockserver.dispatch.controls import MockControls
from screentest_mockserver.dispatch.routes import Routes, unrouted
from screentest_mockserver.dispatch.saving import save
from screentest_mockserver.operations.access import caller_of, creator_of, owner_of
from screentest_mockserver.operations.again import ask_again, check_again
from screentest_mockserver.operations.asked import Asked, read_create, told_of
from screentest_mockserver.operations.assets import asset, asset_of
from screentest_mockserver.operations.batch import asked_ids, batch
from screentest_mockserver.operations.call_parameters import read_query
from screentest_mockserver.operations.cancel import cancel
from screentest_mockserver.operations.content import REDIRECTED, check_content, check_link, content, is_link
from screentest_mockserver.operations.create import create, replay
from screentest_mockserver.operations.earlier import check_earlier, earlier_id
from screentest_mockserver.operations.files import check_files, named_files
from screentest_mockserver.operations.find import asked_id, check_task, spoken_of
from screentest_mockserver.operations.idempotency import check_replay
from screentest_mockserver.operations.list import LISTED, list_tasks
from screentest_mockserver.operations.query import query
from screentest_mockserver.operations.resources import read_resource
from screentest_mockserver.operations.stream import stream, streams
from screentest_mockserver.operations.uploads import issue_upload, read_file, show_file, take_bytes, upload
from screentest_mockserver.state.effects import FileAdded, Outcome, TaskRemoved
from screentest_mockserver.state.facts import MockOptions
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.records import Added
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import plain, refuse
from screentest_mockserver.state.store import Opened, Store
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import JSON, Answer, Piece, Request
from screentest_mockserver.wire.clock import Clock

T = TypeVar("T")


class ProviderMock(MockControls):
    """Serves one contract, remembering what outlives a request in its part of `store`: this process's memory where
    none is given.

    `scenario` and `deviation` hold for every task, `schedule` for the next ones.
    """

    def __init__(
        self,
        contract: Contract,
        clock: Clock,
        *,
        store: Store | None = None,
        options: MockOptions = MockOptions(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(contract, clock, store, options)
        self._routes = Routes(contract)

    def handle(self, request: Request, opened: Opened | None = None) -> Answer:
        """The answer to a request; `opened` is what the store was asked for it already."""
        route = self._routes.find("GET" if request.method == "HEAD" else request.method, request.path)
        spoken = spoken_of(request, *route) if route is not None else ("", "")
        if opened is None:
            opened = self.store.open(*spoken)
        call = self._call(opened, request)
        answer = self._answer(call, route, opened.task)
        answer.at = call.now
        if answer.stays is not None:
            answer.stays.spoken = spoken
        return answer

    def _answer(self, call: Call, route: tuple[Operation, str] | None, loaded: Task | None) -> Answer:
        request = call.request
        if route is None and self.facts.keys_path and (request.method, request.path) == ("GET", self.facts.keys_path):
            return call.hooks.answer(call, Answer(200, [*JSON], key_set(self.facts.callback_secret).encode()))
        if route is None:
            return call.hooks.answer(call, unrouted(call, self._routes.at(request.path)))
        operation, task_id = route
        call.operation, call.loaded = operation, loaded
        try:
            outcome = _OPERATIONS[operation.role](self, call, operation, task_id)
        except Refusal as refusal:
            outcome = self._refused(call, operation, task_id, refusal)
        answer, effects = outcome
        answer.operation = operation.id
        if effects:
            save(self.store, call, effects, self.notify)
            self.removed.extend(loaded for each in effects if isinstance(each, TaskRemoved) and loaded is not None)
        return answer if answer.later is not None else call.hooks.answer(call, answer)

    def resume(self, request: Request, answer: Answer) -> Answer:
        """What a request is answered with that has waited, about the task of its first answer as it now is."""
        route = self._routes.find(request.method, request.path)
        call = self.call(request, None if route is None else route[0])
        task = self.store.get_task(answer.task_id)
        if task is not None and answer.later is not None:
            answer = answer.later(call, task)
        answer.later, answer.operation = None, "" if call.operation is None else call.operation.id
        answer = call.hooks.answer(call, answer)
        answer.at = call.now
        return answer

    def next_piece(self, request: Request, answer: Answer) -> Piece:
        """What an answer that comes in pieces goes on with, about its task as it now is."""
        call, task = self.call(request), self.store.get_task(answer.task_id)
        return (b"", None) if answer.events is None else answer.events(call, task)

    def media(self, request: Request, task_id: str) -> Answer:
        """The bytes behind a result link that is no operation of the vendor's API."""
        opened = self.store.open(unquote(task_id))
        call = self._call(opened, request)
        answer, effects = self._media(call, unquote(task_id), opened.task)
        answer.operation, answer.task_id = "media", answer.task_id or unquote(task_id)
        if effects:
            save(self.store, call, effects, self.notify)
        answer = call.hooks.answer(call, answer)
        answer.at = call.now
        return answer

    def _media(self, call: Call, task_id: str, task: Task | None) -> Outcome:
        method = call.request.method
        rule = self.contract.upload
        if rule is not None and rule.bytes_at is not None and method == ("PUT" if rule.form is None else "POST"):
            return take_bytes(call, rule, self.store.find_file_at(task_id))
        if method not in ("GET", "HEAD"):
            return plain(405, "method not allowed"), ()
        state = None if task is None else call.state(task)
        if task is None or state is None or state.status_class is not StatusClass.SUCCEEDED:
            return plain(404, "no such object"), ()
        further = asset_of(call)
        if further is None and not is_link(call, task, state):
            return plain(404, "no such object"), ()
        moved = call.request.path.endswith(REDIRECTED)  # where a redirect leads, the key has no business
        if (further or self.contract.link).auth == "required" and not (call.hooks.opens_links or moved):
            key = (call.request.header(self.facts.key_header) or "").encode("latin-1", "replace")
            account, _ = owner_of(self.facts, key, call.now, call.hooks.overlooks)
            if account is None or account.name != task.account.name:
                return plain(401, "key required"), ()
        if further is not None:
            return asset(call, task, state, further), ()
        try:
            return self._bytes(call, task, state, None)
        except Refusal as refusal:
            answer = plain(_MEDIA_STATUS.get(refusal.condition, 403), refusal.condition)
            answer.said = refusal.condition
            return answer, ()

    def _bytes(self, call: Call, task: Task, state: State, role: Role | None) -> Outcome:
        check_link(call, task, state, role or Role.CONTENT)
        return content(call, task, state, role, self._due(call, task, "content", "cut"))

    def _due(self, call: Call, task: Task, *kinds: str) -> frozenset[str]:
        """The kinds of faults of which an answer about a task has one: the first that is due. HEAD has none."""
        if task.scenario is None or call.request.method == "HEAD":
            return frozenset()
        due = next((kind for kind in kinds if kind in task.scenario.faults and self._takes(task, kind)), None)
        return frozenset() if due is None else frozenset({due})

    def _takes(self, task: Task, kind: str) -> bool:
        return self.store.take_fault(task.id, kind)

    def _find(self, call: Call, operation: Operation, task_id: str) -> Task:
        """The task that a request speaks of. Raises Refusal."""
        account = caller_of(call, operation) if operation.secured else None
        task_id = asked_id(call.request, operation, task_id)
        task = check_task(call, operation, account, task_id, self._known(call, task_id, call.loaded))
        if operation.checked_parameters:
            read_query(call, operation)
        return task

    # -- operations: load, and give the outcome -----------------------------------------------------------------

    def _query(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        task = self._find(call, operation, task_id)
        if streams(call, operation):
            return self._events(call, task)
        scenario = task.scenario
        if scenario is None:
            return query(call, operation, task, frozenset())
        if scenario.enforce and scenario.query_errors:
            check_again(call, task.id, operation.role, scenario.query_errors[0], as_date=scenario.retry_date)
        kinds = ("drop", "query") if call.state(task).status_class.terminal else ("drop", "query", "word")
        due = self._due(call, task, *kinds)
        if scenario.enforce and "query" in due:
            return ask_again(call, task.id, lambda: query(call, operation, task, due))
        return query(call, operation, task, due)

    def _stream(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        return self._events(call, self._find(call, operation, task_id))

    def _events(self, call: Call, task: Task) -> Outcome:
        rule = _described(self.contract.stream, Role.STREAM)
        return stream(call, rule, task)

    def _create(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account = creator_of(call, operation)
        if operation.checked_parameters:
            read_query(call, operation)
        asked = read_create(call, operation, account)
        store, rule = self.store, asked.model.earlier
        repeated = self._repeated(call, asked) if asked.keys else None
        if repeated is not None:
            return replay(call, repeated)
        if rule is not None and not asked.overlooked:
            identity = earlier_id(call, operation, rule, asked, task_id)
            asked.earlier = check_earlier(call, operation, account, asked, identity, store.get_task(identity))
        if self.facts.used_files is not None:
            names = named_files(self.facts.used_files, asked)
            check_files(call, account, asked, names, {name: store.find_file(name) for _, name in names})
        if account.poor:
            raise Refusal(Role.CREATE, "insufficient-balance", model=asked.model.named_in(asked.body))
        check_again(call, account.name, Role.CREATE, "rate-limited")
        chosen, refused = store.take_scenario(call.usual or self.scenario)
        if refused and chosen.create_errors:
            condition = chosen.create_errors[0]
            refusal = Refusal(Role.CREATE, condition, tells=chosen.enforce, **told_of(asked, condition))
            return ask_again(call, account.name, lambda: _raise(refusal)) if chosen.enforce else _raise(refusal)
        return self._add(call, account, asked, chosen)

    def _add(self, call: Call, account: Account, asked: Asked, chosen: Scenario) -> Outcome:
        """Adds a task and gives its receipt."""
        while True:
            answer, effects = create(call, account, asked, chosen)
            added = save(self.store, call, effects, self.notify)
            if added is Added.DONE:
                return answer, ()
            repeated = self._repeated(call, asked) if added is Added.KEY_KNOWN else None
            if repeated is not None:  # another create with this key was a moment earlier
                self.store.schedule(chosen, 1, first=True)
                return replay(call, repeated)

    def _repeated(self, call: Call, asked: Asked) -> Task | None:
        """The task that a create repeats, or None for a new one. Raises Refusal."""
        for key in asked.keys:
            known = self.store.find_key(key.owner, key.key, call.now)
            task = None if known is None else self.store.get_task(known.task_id)
            if known is not None and task is not None and check_replay(call, key.asked, known, task):
                return task
        return None

    def _content(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        task = self._find(call, operation, task_id)
        state, further = check_content(call, task), asset_of(call)
        if further is not None:
            check_link(call, task, state, Role.CONTENT)
            return asset(call, task, state, further), ()
        return self._bytes(call, task, state, Role.CONTENT)

    def _list(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account = creator_of(call, operation)
        rule = _described(self.contract.listing, Role.LIST)
        return list_tasks(call, operation, rule, self.store.newest_tasks(account.name, LISTED))

    def _batch(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account, rule = creator_of(call, operation), _described(self.contract.batch, Role.BATCH)
        if operation.checked_parameters:
            read_query(call, operation)
        found = [
            (each, self._known(call, each, self.store.get_task(each))) for each in asked_ids(call.request, operation)
        ]
        return batch(call, operation, rule, account, found)

    def _known(self, call: Call, task_id: str, loaded: Task | None) -> Task | None:
        """The task behind an id."""
        task = call.hooks.find(call, task_id, loaded)
        if task is None:
            task = self.store.get_task(other) if (other := call.hooks.instead(call, task_id)) else None
        return task

    def _cancel(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        task, role = self._find(call, operation, task_id), operation.role
        return cancel(call, _described(self.contract.ending(role), role), task, role)

    def _upload(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account = creator_of(call, operation)
        if operation.checked_parameters:
            read_query(call, operation)
        rule = _described(self.contract.upload, Role.UPLOAD)
        return upload(call, operation, rule, account)

    def _file(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account, reference = creator_of(call, operation), asked_id(call.request, operation, task_id)
        if operation.checked_parameters:
            read_query(call, operation)
        rule = _described(self.contract.upload, Role.FILE)
        return read_file(call, operation, rule, account, reference, self.store.find_file(reference))

    def _resource(self, call: Call, operation: Operation, task_id: str) -> Outcome:
        account = creator_of(call, operation)
        if operation.checked_parameters:
            read_query(call, operation)
        bookings = self.store.bookings(account.name)
        return read_resource(call, operation, self.contract.resources[operation.role], account, bookings)

    # -- refusals -----------------------------------------------------------------------------------------------

    def _refused(self, call: Call, operation: Operation, task_id: str, refusal: Refusal) -> Outcome:
        """The answer to a refused call; that of one where all is well where a deviation forgives it."""
        if call.hooks.forgives(call, refusal):
            try:
                outcome = self._forgiven(call, operation, task_id)
            except Refusal as other:
                refusal, outcome = other, None
            if outcome is not None:
                return outcome
        return refuse(call, refusal), ()

    def _forgiven(self, call: Call, operation: Operation, task_id: str) -> Outcome | None:
        account, upload_rule = self.facts.good_account, self.contract.upload
        if operation.role is Role.CREATE:
            model = self.facts.models_at_operation[operation.id][0]
            return self._add(call, account, Asked(model, model.base), self.scenario)
        if operation.role is Role.UPLOAD and upload_rule is not None:
            return issue_upload(call, operation, upload_rule, account, 1)
        if operation.role is Role.FILE and upload_rule is not None:
            file = self.store.find_file(asked_id(call.request, operation, task_id))
            _, effects = issue_upload(call, self.contract.roles[Role.UPLOAD][0], upload_rule, account, 1)
            files = (file, *(each.file for each in effects if isinstance(each, FileAdded)))
            return show_file(call, operation, upload_rule, next(each for each in files if each is not None))
        if operation.role in self.contract.resources:
            rule = self.contract.resources[operation.role]
            return read_resource(call, operation, rule, account, self.store.bookings(account.name))
        task = self.store.get_task(asked_id(call.request, operation, task_id))
        return None if task is None else self._bytes(call, task, task.plan.final, None)


_MEDIA_STATUS: Mapping[str, int] = {"not-ready": 404, "server-error": 502}
"""What a link that is no operation of the vendor's API answers under a condition; 403 under another."""


def _raise(refusal: Refusal) -> Outcome:
    raise refusal


def _described(rule: T | None, role: Role) -> T:
    """What the document says of a role's calls; without it the path is unknown."""
    if rule is None:
        raise Refusal(role, "unknown-path")
    return rule


_Handler = Callable[[ProviderMock, Call, Operation, str], Outcome]

_OPERATIONS: Mapping[Role, _Handler] = {
    Role.CREATE: ProviderMock._create,
    Role.QUERY: ProviderMock._query,
    Role.RESULT: ProviderMock._query,
    Role.CONTENT: ProviderMock._content,
    Role.STREAM: ProviderMock._stream,
    Role.LIST: ProviderMock._list,
    Role.BATCH: ProviderMock._batch,
    Role.CANCEL: ProviderMock._cancel,
    Role.DELETE: ProviderMock._cancel,
    Role.UPLOAD: ProviderMock._upload,
    Role.FILE: ProviderMock._file,
    **dict.fromkeys(RESOURCES, ProviderMock._resource),
}
