"""How a client asks for its video, and how often."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson

from screentest_contracts.contract import FORM, Contract, Model, Role
from screentest_contracts.facts import Mark
from screentest_contracts.location import MISSING
from screentest_contracts.requirements import Requirement, Situations, client_kinds
from screentest_mockserver.wire.answer import Request
from screentest_mockserver.wire.forms import read_form
from screentest_mockserver.wire.journal import BODY_LIMIT, Entry
from screentest_suites.clients.registry import Broken, Said, Unseen, client_check
from screentest_suites.clients.seen import CLOCK_STANDS, ClientRun, answered_at, operation_of

_NO_BODY = ("malformed-json", "wrong-content-type", "missing-header", "needed-header")
_INVALID = (*_NO_BODY, "invalid-body", "missing-model", "unknown-model", "invalid-parameter")
"""Refusals of what a create holds."""

_AGAIN = (408, 425, 429)
"""Statuses that ask for a repetition (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4)."""


def creates(contract: Contract, run: ClientRun) -> list[Entry]:
    """The calls that are to make a task."""
    return run.of(contract, Role.CREATE)


def body_of(contract: Contract, entry: Entry) -> Any:
    """What a create asks for; MISSING where it cannot be read, or was longer than what is kept."""
    operation = operation_of(contract, entry)
    if len(entry.body) >= BODY_LIMIT or operation is None:
        return MISSING
    media = entry.header("content-type") or ""
    try:
        if media.lower().startswith(FORM):
            return read_form(Request("POST", "", b"", [(b"content-type", media.encode())], entry.body, "")).body
        return orjson.loads(entry.body)
    except ValueError:
        return MISSING


def _forced(run: ClientRun, entry: Entry) -> bool:
    """Whether a create was refused because the situation is so."""
    return run.situation == f"refuse-create:{entry.said}"


@client_check(client_kinds.CREATE_VALID)
def judge_valid(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A create is refused for nothing that it holds; which facts it breaks tells how much that says."""
    found = [entry for entry in creates(contract, run) if not _forced(run, entry)]
    for entry in found:
        if entry.said not in _INVALID:
            continue
        told, sure = _flaw(contract, entry)
        if sure is not (requirement.subject.word == "assumed"):
            expected = "a create that the document allows"
            return Broken(f"the create was refused ({entry.said}): {told}", expected, (entry,))
    return len(found) or Unseen("no create came")


def _flaw(contract: Contract, entry: Entry) -> tuple[str, bool]:
    """What is wrong with a create, and whether the document says so outright."""
    operation, body = operation_of(contract, entry), body_of(contract, entry)
    if entry.said in _NO_BODY or operation is None or not isinstance(body, dict):
        return f"{len(entry.body)} bytes of {entry.header('content-type') or 'no content type'}", True
    model = contract.model_of(operation, body)
    if model is None:
        name = contract.model_at.find(body) if contract.model_at is not None else MISSING
        return f"the model {name!r} is none of the document", True
    problems = [(_member(error), _keyword(error), error.message) for error in model.validator.iter_errors(body)]
    told = "; ".join(f"{member or 'body'}: {message[:200]}" for member, _, message in problems[:3])
    marks = [_mark(model, member, keyword) for member, keyword, _ in problems]
    return told or "by a rule that the mock keeps", any(mark in (Mark.DOCUMENTED, Mark.RECOMMENDED) for mark in marks)


def _member(error: Any) -> str:
    parts = [str(part) for part in error.instance_path if not isinstance(part, int)]
    missing = getattr(error.kind, "property", None)
    return ".".join([*parts, *([str(missing)] if missing is not None else [])])


def _keyword(error: Any) -> str:
    return next((str(part) for part in reversed(list(error.schema_path)) if not isinstance(part, int)), "")


def _mark(model: Model, member: str, keyword: str) -> Mark:
    """How sure the constraint is that a member breaks: the surest of those that may be meant."""
    found = [each for each in model.constraints if each.name == (member or "body")]
    exact = [each for each in found if each.kind == keyword] or found
    return min((each.fact.mark for each in exact), key=lambda mark: mark.rank, default=Mark.ASSUMED)


@client_check(client_kinds.CREATE_MEMBERS)
def judge_members(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A create has documented members only."""
    seen = 0
    for entry in creates(contract, run):
        operation, body = operation_of(contract, entry), body_of(contract, entry)
        model = contract.model_of(operation, body) if operation is not None and isinstance(body, dict) else None
        if model is None:
            continue
        seen += 1
        odd = list(_odd(model.schema, body, ""))
        if odd:
            return Broken(f"the create has {', '.join(odd[:5])}", "members that the document has", (entry,))
    return seen or Unseen("no create could be read")


def _odd(schema: Any, body: Any, place: str) -> Iterator[str]:
    """The members of a body that its schema does not speak of, where it names its members."""
    known = _properties(schema)
    if not known or not isinstance(body, dict):
        return
    for name, value in body.items():
        if name not in known:
            yield f"{place}/{name}"
        elif isinstance(value, dict):
            yield from _odd(known[name], value, f"{place}/{name}")


def _properties(schema: Any) -> dict[str, Any]:
    """The members that a schema names, in all of its branches."""
    if not isinstance(schema, dict):
        return {}
    found = dict(schema.get("properties") or {})
    for word in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(word) or ():
            found = {**_properties(branch), **found}
    for word in ("then", "else"):
        found = {**_properties(schema.get(word)), **found}
    return found


@client_check(client_kinds.CREATE_MEDIA)
def judge_media(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A create says what its body is."""
    found = [entry for entry in creates(contract, run) if entry.body]
    for entry in found:
        operation = operation_of(contract, entry)
        media = (entry.header("content-type") or "").partition(";")[0].strip().lower()
        taken = set() if operation is None else {name.lower() for name in operation.body_media}
        if taken and media not in taken and not ("json" in media and any("json" in each for each in taken)):
            said = f"the content type of the create is {media or 'missing'}"
            return Broken(said, " or ".join(sorted(taken)), (entry,))
    return len(found) or Unseen("no create came")


@client_check(client_kinds.CREATE_WISH)
def judge_wish(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """A create asks for the model and the prompt of the command."""
    if not run.model:
        return Unseen("nobody told the client what to make")
    seen = 0
    for entry in creates(contract, run):
        operation, body = operation_of(contract, entry), body_of(contract, entry)
        if operation is None or not isinstance(body, dict):
            continue
        seen += 1
        asked = contract.models_meant(operation, body)
        if contract.model_at is not None and asked and all(model.wire != run.model for model in asked):
            return Broken(f"the create asks for the model {asked[0].wire}", run.model, (entry,))
        place = asked[0].request.prompt if asked else None
        prompt = MISSING if place is None else place.find(body)
        if run.prompt and isinstance(prompt, str) and run.prompt not in prompt:
            return Broken(f"the create's prompt is {prompt[:100]!r}", repr(run.prompt), (entry,))
    return seen or Unseen("no create could be read")


@client_check(client_kinds.CREATE_ONCE)
def judge_once(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """No more creates that may have made a task than there were wishes. What was refused as a repetition is needed to
    say more: a repetition by an idempotency key is none."""
    found = creates(contract, run)
    if not found:
        return Unseen("no create came")
    may_have_made = [entry for entry in found if entry.said == "receipt" or entry.status >= 500]
    word = requirement.subject.word
    if word in ("lost-answer", "silent-create", "server-error-create"):
        made = _without_repetitions(contract, may_have_made)
        trouble = next((entry for entry in found if entry.status in (0, *range(500, 600)) or entry.delay > 1), None)
        if trouble is None:
            return Unseen("the create was not met by the situation")
        if word == "silent-create" and not _has_given_up(run, trouble):
            return Unseen("the client waits longer for an answer than the situation lasts")
    else:
        made = _without_repetitions(contract, [entry for entry in found if entry.said == "receipt"])
        if run.wishes is None:
            return Unseen("nobody told how many videos were wanted: `wishes` says so")
        if not made:
            return Unseen("no create was accepted")
    wishes = run.wishes or 1
    if len(made) > wishes:
        seen = f"{len(made)} creates for {wishes} wish{'es' if wishes > 1 else ''}"
        return Broken(seen, "no create after the first that may have made a task", (made[wishes], *made[:wishes]))
    return len(made) or Unseen("no create was accepted")


def _has_given_up(run: ClientRun, trouble: Entry) -> bool:
    """Whether a client has stopped to wait for an answer: it has ended, or asked anything else."""
    after = [entry for entry in run.entries if entry.number > trouble.number]
    return bool(after) or (run.ended is not None and run.ended.status is not None)


def _without_repetitions(contract: Contract, entries: list[Entry]) -> list[Entry]:
    """Creates, without those that repeat another one by the same idempotency key."""
    rule, seen, found = contract.idempotency, set[str](), list[Entry]()
    for entry in entries:
        key = None if rule is None else key_of(contract, entry)
        if key is None or key not in seen:
            found.append(entry)
        if key is not None:
            seen.add(key)
    return found


def key_of(contract: Contract, entry: Entry) -> str | None:
    """The idempotency key of a create."""
    rule = contract.idempotency
    if rule is None:
        return None
    if rule.at is None:
        return entry.header(rule.header or "")
    value = rule.at.find(body_of(contract, entry))
    return value if isinstance(value, str) else None


@client_check(client_kinds.CREATE_REFUSED)
def judge_refused(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """What was refused for its content is not asked for once more."""
    found = creates(contract, run)
    refused = next((entry for entry in found if _forced(run, entry)), None)
    if refused is None:
        return Unseen("no create was refused")
    if refused.status in _AGAIN or refused.status >= 500:
        return Unseen(f"its status {refused.status} asks for a repetition")
    again = [entry for entry in found if entry.number > refused.number and entry.body == refused.body]
    if again:
        seen = f"the same create came again after {refused.status} ({refused.said})"
        return Broken(seen, "no repetition of what was refused", (again[0], refused))
    return 1


@client_check(client_kinds.CREATE_KEY)
def judge_key(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """Each create has a key; one that follows a create whose fate nobody knows has the same."""
    found = creates(contract, run)
    rule = contract.idempotency
    if not found or rule is None:
        return Unseen("no create came")
    for entry in found:
        if not key_of(contract, entry):
            return Broken("a create has no idempotency key", rule.place, (entry,))
    for one, other in pairwise(found):
        lost = one.status == 0 or one.status >= 500 or one.delay > 1
        if lost and key_of(contract, one) != key_of(contract, other):
            return Broken("a repeated create has another key", "the key of the first attempt", (other, one))
    return len(found)


@client_check(client_kinds.RETRY_AFTER)
def judge_retry_after(contract: Contract, requirement: Requirement[Situations], run: ClientRun) -> Said:
    """The next request of the same kind comes no earlier than the answer before it allows."""
    if not run.paced:
        return Unseen(CLOCK_STANDS)
    found = creates(contract, run) if requirement.subject.word == "create" else run.polls(contract)
    seen = 0
    for one, other in pairwise(found):
        if one.waits is None or (requirement.subject.word == "poll" and one.task != other.task):
            continue
        seen += 1
        waited = other.at - answered_at(one)
        if waited < one.waits - _TOLERANCE:
            seen_text = f"asked again after {waited:.2f} s, and Retry-After says {one.waits:g} s"
            return Broken(seen_text, f"{one.waits:g} s or more", (other, one))
    return seen or Unseen("nothing was asked after an answer with Retry-After")


_TOLERANCE = 0.1
"""Seconds by which clocks and timers may differ."""
