"""The upload operation: takes a file and hands out the reference by which creates name it."""

import re
from typing import Any
from urllib.parse import quote

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Operation, Role, UploadRule, of_answer
from screentest_contracts.forms import coerced
from screentest_contracts.reading import id_text
from screentest_contracts.template import Template
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
    now, base = call.now, call.request.base
    token = str(rule.make.render(ErrorContext(call, {})))
    values = {
        "file": token,
        "filename": f"{token}.{rule.media.partition('/')[2]}",
        "size": size,
        "created": now,
        "link_expires": None if rule.life is None else now + rule.life / call.speed,
        "base": base,
        "media": f"{base}/media/{quote(token, safe='')}",
    }
    body = rule.body.render(ErrorContext(call, values))
    told = b"" if rule.form is None else orjson.dumps(body)
    file = File(id_text(rule.gives.find(body)) or token, token, account.name, now, rule.bytes_at is None, told)
    body = call.hooks.body(BodyHookContext(call, Role.UPLOAD, operation.id), body)
    status = call.facts.success_statuses[Role.UPLOAD]
    return Answer(status, response_headers(call, Role.UPLOAD, status), orjson.dumps(body)), (FileAdded(file),)


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
