"""What a receiver of a provider's callbacks can be held to."""

from typing import cast

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import client_kinds as kinds
from screentest_contracts.requirements.client_kinds import Situations
from screentest_contracts.requirements.client_situations import HABIT, capped
from screentest_contracts.requirements.model import Builder, Requirement


def receiver_requirements(contract: Contract) -> tuple[Requirement[Situations], ...]:
    """What a receiver of a provider's callbacks is held to; none where the provider does not call back. The names of a
    subject are kinds of deliveries."""
    builder, rule = Builder(contract), contract.callback
    if rule is None:
        return ()
    group, kind = "client.receiver", kinds.RECEIVER
    answer = f"acknowledged ({', '.join(rule.success)}) within {rule.timeout:g} s"
    rows = [(f"valid.{event}", rule.fact, f"A callback of a task that is {event} is {answer}.") for event in rule.on]
    shake = rule.handshake
    if shake is not None:
        text = f"A challenge is answered with its own text within {shake.timeout:g} s, and each with its own."
        rows.append(("handshake", shake.fact, text))
    rows += [
        ("repeated", capped(rule.fact), f"A callback that comes once more is {answer}, too."),
        ("slow", HABIT, f"A callback that comes byte by byte is {answer}, once it is there."),
        ("no-json", HABIT, "A body that is no JSON is refused (4xx), and breaks nothing: the next callback is taken."),
        ("wrong-types", HABIT, "Members of other types are refused (4xx) or taken, and break nothing."),
        ("huge", HABIT, "A body of 16 MB is refused or taken, and breaks nothing."),
    ]
    if rule.timed and rule.retries:
        text = f"A callback that comes with the last attempt, {sum(rule.retries):g} s after the end, is {answer}."
        rows.append(("late", capped(rule.fact), text))
    if len(rule.on) > 1:
        rows.append(("reordered", capped(rule.fact), f"Callbacks in another order are {answer}."))
    signature = rule.signature
    if signature is not None:
        key = "a key of another set" if signature.keys_url else "another secret"
        rows += [
            ("forged", signature.fact, f"A callback that is signed with {key} is refused."),
            ("unsigned", signature.fact, "A callback without a signature is refused."),
            ("malformed", signature.fact, "A callback whose signature is cut off, or is no signature, is refused."),
        ]
        if signature.keys_url:
            text = f"A callback that is signed with another key of the set is {answer}: vendors change their keys."
            rows.append(("rotated", capped(signature.fact), text))
        if "{{body" in signature.over:
            text = "A callback whose body was changed after it was signed is refused."
            rows.append(("tampered", signature.fact, text))
        if signature.tolerance is not None:
            text = f"A callback that was signed more than {signature.tolerance:g} s ago is refused."
            rows.append(("stale", signature.fact, text))
    for name, fact, text in rows:
        builder.add(f"client.receiver.{name}", kind, group, fact, text, Situations((name,), name))
    return tuple(cast("Requirement[Situations]", each) for each in builder.requirements.values())
