"""The earlier task that a create names, in its body or in its address."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from screentest_contracts.contract import Contract, Earlier, Model, group_name
from screentest_contracts.reading import id_text
from screentest_mockserver.wire.answer import Request
from screentest_mockserver.wire.forms import read_form
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.bodies import reference_bytes
from screentest_suites.requests.paths import in_path


def going_on(contract: Contract, sent: SentRequest) -> Model | None:
    """The model of a create that holds a stand-in for an earlier task; None for any other request."""
    for model in contract.models.values():
        rule = model.earlier
        if rule is not None and any(operation.id == sent.operation for operation in model.operations):
            mark = reference_bytes(rule.stand_in, is_form=_is_form(sent))
            if str(rule.stand_in) in sent.url if rule.at is None else mark in (sent.body or b""):
                return model
    return None


def naming_earlier(rule: Earlier, sent: SentRequest, identity: str, *, plain: bool | None) -> SentRequest:
    """A create with the id of an earlier task in the place of its stand-in; `plain`: as `in_path`."""
    if rule.at is None:
        return replace(sent, url=sent.url.replace(str(rule.stand_in), in_path(identity, plain=plain)))
    is_form = _is_form(sent)
    stand_in, known = (reference_bytes(each, is_form=is_form) for each in (rule.stand_in, as_member(rule, identity)))
    return replace(sent, body=(sent.body or b"").replace(stand_in, known))


def as_member(rule: Earlier, identity: str) -> Any:
    """An id as the body of a create holds it: as a number where its stand-in is one."""
    return int(identity) if isinstance(rule.stand_in, int) and identity.isdecimal() else identity


def earlier_id(model: Model, sent: SentRequest) -> str | None:
    """The id of the earlier task that a create of a model named when it was sent."""
    rule, operation = model.earlier, model.operations[0]
    if rule is None:
        return None
    if rule.at is not None:
        return id_text(rule.at.find(_members(sent)))
    parts, carrier = urlsplit(sent.url), operation.carrier
    if (operation.id_parameter or {}).get("in") == "query":
        return next(iter(parse_qs(parts.query).get(carrier, ())), None)
    found = re.search(f"(?:{operation.pattern.pattern})$", parts.path)
    return None if found is None else unquote(found[group_name(carrier)])


def _members(sent: SentRequest) -> Any:
    if not _is_form(sent):
        return orjson.loads(sent.body or b"null")
    headers = [(name.lower().encode(), value.encode()) for name, value in sent.headers]
    return read_form(Request(sent.method, "/", b"", headers, sent.body or b"", "")).body


def _is_form(sent: SentRequest) -> bool:
    return not (sent.body or b"{").startswith(b"{")
