"""The upload operation: takes a file and hands out the reference by which creates name it."""

import re
from typing import Any
from urllib.parse import quote

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Operation, Role, UploadRule, of_answer
from screentest_contracts.forms import coerced
from screentest_contracts.location import MISSING, Location
from screentest_contracts.reading import id_text
from screentest_contracts.template import Template
from screentest_mockserver.operations.files import is_over
from screentest_mockserver.operations.reading import is_form, parse_json
from screentest_mockserver.state.effects import FileAdded, FileWhole, Outcome
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.records import File
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import plain
from screentest_mockserver.state.render import ErrorContext, response_headers
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer
from screentest_mockserver.wire.forms import NO_FILE, read_form


def upload(call: Call, operation: Operation, rule: UploadRule, account: Account) -> Outcome:
    """Takes a file. Raises Refusal for the first check that fails."""
    request = call.request
    if len(request.body) > call.facts.most[Role.UPLOAD]:
        raise Refusal(Role.UPLOAD, "too-large")
    try:
        form = read_form(request) if is_form(request, operation) else None
    except ValueError as error:
        raise Refusal(Role.UPLOAD, "invalid-body", detail=str(error)) from None
    if form is not None:
        body = coerced(form.body, operation.body_schema)
    else:
        body = parse_json(request, operation) if operation.body_media else {}
    sizes = {} if form is None else form.sizes
    problem = next(iter(rule.validator.iter_errors(body)), None)
    if problem is not None:
        raise Refusal(Role.UPLOAD, "invalid-body", detail=complaint(problem))
    if rule.file is not None and not sizes.get(rule.file):
        detail = NO_FILE if form is not None and rule.file in form.texts else "no file"
        raise Refusal(Role.UPLOAD, "invalid-body", param=rule.file, detail=detail)
    return issue_upload(call, operation, rule, account, sizes.get(rule.file or "", 0))


def issue_upload(call: Call, operation: Operation, rule: UploadRule, account: Account, size: int) -> Outcome:
    """The reference to a file of `size` bytes."""
    now, token = call.now, str(rule.make.render(ErrorContext(call, {})))
    body = rule.body.render(ErrorContext(call, {**_values(call, rule, token, now), "size": size}))
    told = b"" if rule.form is None and rule.read is None else orjson.dumps(body)
    file = File(id_text(rule.gives.find(body)) or token, token, account.name, now, rule.bytes_at is None, told)
    body = call.hooks.body(BodyHookContext(call, Role.UPLOAD, operation.id), body)
    status = call.facts.success_statuses[Role.UPLOAD]
    return Answer(status, response_headers(call, Role.UPLOAD, status), orjson.dumps(body)), (FileAdded(file),)


def _values(call: Call, rule: UploadRule, token: str, created: float) -> dict[str, Any]:
    """What the holes of a file's answers stand for, but for its size."""
    base = call.request.base
    return {
        "file": token,
        "filename": f"{token}.{rule.media.partition('/')[2]}",
        "created": created,
        "link_expires": None if rule.life is None else created + rule.life / call.speed,
        "base": base,
        "media": f"{base}/media/{quote(token, safe='')}",
    }


class _FileContext(ErrorContext):
    """Values of a file; `answer` is what the answer to its upload told."""

    __slots__ = ()

    def hole(self, name: str, argument: str) -> Any:
        if name != "answer":
            return super().hole(name, argument)
        found = Location(argument).find(self.values["answer"])
        return None if found is MISSING else found


def read_file(
    call: Call, operation: Operation, rule: UploadRule, account: Account, reference: str, file: File | None
) -> Outcome:
    """What there is to know of a file. Raises Refusal for one that is unknown, too old or another account's."""
    if file is None or is_over(call, rule, file):
        raise Refusal(Role.FILE, "unknown-file", task_id=reference)
    if file.account != account.name:
        raise Refusal(Role.FILE, "foreign-file", task_id=reference)
    return show_file(call, operation, rule, file)


def show_file(call: Call, operation: Operation, rule: UploadRule, file: File) -> Outcome:
    """A file as the document has it."""
    values = _values(call, rule, file.address, file.created)
    values["answer"] = orjson.loads(file.told)
    body = None if rule.read is None else rule.read.body.render(_FileContext(call, values))
    body = call.hooks.body(BodyHookContext(call, Role.FILE, operation.id), body)
    status = call.facts.success_statuses[Role.FILE]
    return Answer(status, response_headers(call, Role.FILE, status), orjson.dumps(body)), ()


def take_bytes(call: Call, rule: UploadRule, file: File | None) -> Outcome:
    """The bytes of a file, at the address that an upload's answer holds for them."""
    if file is None or not call.request.body:
        return plain(404 if file is None else 400, "no such upload" if file is None else "no bytes"), ()
    if rule.form is None:
        return plain(200, ""), (FileWhole(file.address),)
    try:
        form = read_form(call.request)
    except ValueError as error:
        return plain(400, str(error)), ()
    if not form.sizes.get(rule.form.file):
        return plain(400, f"no bytes in {rule.form.file}"), ()
    answer, fields = orjson.loads(file.told), form.body
    names = {_name_in(text, answer, fields.get(field)) for field, text in rule.form.fields.items()} - {""}
    if None in names or len(names) > 1:
        return plain(403, "the form is not what was told"), ()
    name = next((each for each in names if each), str(fields[rule.form.file]))
    if rule.form.reference is None:
        return plain(200, ""), (FileWhole(file.address),)
    reference = id_text(rule.reference(answer, name)) or file.reference
    return plain(200, ""), (FileAdded(file._replace(reference=reference, whole=True)),)


def _name_in(text: Template, answer: Any, value: Any) -> str | None:
    """The file's name in a field that is as it was told; "" where it holds none, None where it is something else."""
    expected = re.escape(str(of_answer(text, answer, _NAME))).replace(_NAME, "(.+)", 1)
    found = re.fullmatch(expected.replace(_NAME, r"\1"), value) if isinstance(value, str) else None
    return None if found is None else found[1] if found.re.groups else ""


_NAME = "\ue000"
"""Stands for the file's name where a field is compared."""
