"""The upload operation: takes a file and hands out the reference by which creates name it."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import FORM, Operation, Role
from screentest_contracts.forms import coerced
from screentest_contracts.reading import id_text
from screentest_mockserver.behaviours.deviations import BodyHookContext
from screentest_mockserver.operations.create import parse_json
from screentest_mockserver.state.files import File
from screentest_mockserver.state.refusals import Refusal, plain
from screentest_mockserver.state.render import ErrorContext
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer, Request
from screentest_mockserver.wire.forms import read_form

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


def upload(mock: "ProviderMock", request: Request, operation: Operation) -> Answer:
    """Takes a file. Raises Refusal for the first check that fails."""
    account = mock.account(request, operation) if operation.secured else mock.good_account
    rule = mock.contract.upload
    assert account is not None
    assert rule is not None
    if len(request.body) > mock.most[Role.UPLOAD]:
        raise Refusal(Role.UPLOAD, "too-large")
    is_form = operation.takes_form and (request.header(b"content-type") or "").lower().startswith(FORM)
    sizes: dict[str, int] = {}
    try:
        body = read_form(request, sizes) if is_form else parse_json(request, operation)
    except ValueError as error:
        raise Refusal(Role.UPLOAD, "invalid-body", detail=str(error)) from None
    if is_form:
        body = coerced(body, operation.body_schema)
    problem = next(iter(rule.validator.iter_errors(body)), None)
    if problem is not None:
        raise Refusal(Role.UPLOAD, "invalid-body", detail=complaint(problem))
    if rule.file is not None and not sizes.get(rule.file):
        raise Refusal(Role.UPLOAD, "invalid-body", param=rule.file, detail="no file")
    return issue_upload(mock, request, account, operation, sizes.get(rule.file or "", 0))


def issue_upload(mock: "ProviderMock", request: Request, account: Account, operation: Operation, size: int) -> Answer:
    """The reference to a file of this size."""
    rule, now = mock.contract.upload, mock.clock.now()
    assert rule is not None
    token = str(rule.make.render(ErrorContext(now, mock.random, {})))
    values = {
        "file": token,
        "filename": f"{token}.{rule.media.partition('/')[2]}",
        "size": size,
        "created": now,
        "link_expires": None if rule.life is None else now + rule.life / mock.clock.speed,
        "base": request.base,
        "media": f"{request.base}/media/{quote(token, safe='')}",
    }
    body = rule.body.render(ErrorContext(now, mock.random, values))
    file = File(account.name, now, rule.put is None)
    mock.files.by_address.add(token, file)
    mock.files.by_reference.add(id_text(rule.gives.find(body)) or token, file)
    if mock.deviation is not None and mock.deviation.body is not None:
        body = mock.deviation.body(BodyHookContext(mock, Role.UPLOAD, operation.id, None, None), body)
    status = mock.success_statuses[Role.UPLOAD]
    return Answer(status, mock.response_headers(Role.UPLOAD, status), orjson.dumps(body))


def take_bytes(mock: "ProviderMock", request: Request, token: str) -> Answer:
    """The bytes of a file, at the address that an upload's answer holds for them."""
    file = mock.files.by_address.get(token)
    if file is None or not request.body:
        return plain(404 if file is None else 400, "no such upload" if file is None else "no bytes")
    file.whole = True
    return plain(200, "")
