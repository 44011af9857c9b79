"""Who calls."""

from urllib.parse import parse_qs

from screentest_contracts.contract import Operation
from screentest_mockserver.state.facts import Facts
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.accounts import Account


def caller_of(call: Call, operation: Operation) -> Account:
    """The account whose key a request carries. Raises Refusal for a missing or unknown key."""
    facts = call.facts
    key: bytes | None = None
    if facts.key_query is not None:
        values = parse_qs(call.request.query.decode("latin-1")).get(facts.key_query)
        key = values[0].encode("latin-1", "replace") if values else None
    else:
        for name, value in call.request.headers:
            if name == facts.key_header:
                key = value
                break
    account, wrong = None if key is None else facts.accounts_by_key.get(key), "missing-key"
    if account is None and key:
        account, wrong = owner_of(facts, key, call.now, call.hooks.overlooks)
    account = call.hooks.account(call, account, key is not None)
    if account is None:
        raise Refusal(operation.role, wrong)
    return account


def creator_of(call: Call, operation: Operation) -> Account:
    """The account that makes or lists something: the good one where an operation asks for no key. Raises Refusal."""
    return caller_of(call, operation) if operation.secured else call.facts.good_account


def owner_of(facts: Facts, key: bytes, now: float, overlooks: frozenset[str]) -> tuple[Account | None, str]:
    """Whose key this is, as its header has it; the second is the condition where it is nobody's.

    `overlooks` are the flaws of tokens that are let pass.
    """
    prefix = facts.contract.key_prefix.encode("latin-1")
    if key[: len(prefix)].lower() == prefix.lower():  # the scheme's name has no case (RFC 9110, 11.1)
        bare = key[len(prefix) :]
        if facts.signed is not None:
            return facts.signed.owner(bare.strip(), now, overlooks)
        return facts.accounts_by_key.get(prefix + (bare.strip() if prefix else bare)), "wrong-key"
    return None, "wrong-key"
