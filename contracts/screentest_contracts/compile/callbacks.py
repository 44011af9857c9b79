"""Reads how the vendor calls back."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import Callback, CallbackEvents, Handshake, Signature, StatusClass
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child
from screentest_contracts.signatures import rule_problems
from screentest_contracts.template import Template


def read_callback(draft: Draft, node: Mapping[str, Any] | None) -> Callback | None:
    """How the vendor calls back."""
    if node is None:
        return None
    at, retries = "/x-task/callback", node.get("retries", [])
    missing = [name for name in node["on"] if node.get("bodies") and name not in node["bodies"]]
    if missing:
        draft.problem(f"{at}/bodies", f"there is none for {missing[0]}", "give each class of `on` its body")
    bodies = {
        StatusClass(name): draft.template(body, child(f"{at}/bodies", name))
        for name, body in node.get("bodies", {}).items()
    }
    _check_apart(draft, bodies)
    return Callback(
        url=Location(node.get("url", [])),
        parameter=node.get("parameter"),
        method=node.get("method", "POST"),
        on=tuple(StatusClass(name) for name in node["on"]),
        timeout=float(node.get("timeout", 10)),
        retries=(5.0,) if retries == "some" else tuple(float(wait) for wait in retries),
        timed=retries != "some",
        bodies=bodies,
        headers={
            name: draft.template(text, child(f"{at}/headers", name)) for name, text in node.get("headers", {}).items()
        },
        events=_read_events(node.get("events")),
        handshake=_read_handshake(draft, node.get("handshake"), draft.base.over(node)),
        success=tuple(node.get("success", ["2XX"])),
        max_length=node.get("max_length"),
        signature=_read_signature(draft, node.get("signature"), draft.base.over(node)),
        fact=draft.base.over(node),
    )


def _read_handshake(draft: Draft, node: Mapping[str, Any] | None, fact: Fact) -> Handshake | None:
    if node is None:
        return None
    at, method = "/x-task/callback/handshake", node.get("method", "POST" if "at" in node else "GET")
    if method == "GET" and "at" in node:
        draft.problem(f"{at}/method", "a GET has no body to challenge with", "name the query's `parameter` instead")
    if "body" in node and "at" not in node:
        draft.problem(f"{at}/body", "the challenge is in the query", "say where the body has it: `at`")
    return Handshake(
        method=method,
        parameter=node.get("parameter"),
        at=Location(node["at"]) if "at" in node else None,
        body=node.get("body", {}),
        answer=Location(node["answer"]) if "answer" in node else None,
        timeout=float(node.get("timeout", 10)),
        fact=fact.over(node),
    )


def _read_signature(draft: Draft, node: Mapping[str, Any] | None, fact: Fact) -> Signature | None:
    if node is None:
        return None
    for member, what, mend in rule_problems(node):
        draft.problem(f"/x-task/callback/signature/{member}", what, mend)
    timestamp, secret = node.get("timestamp", {}), node.get("secret", {})
    return Signature(
        scheme=node["scheme"],
        header=node["header"],
        value=node.get("value", "{{signature}}"),
        separator=node.get("separator"),
        encoding=node.get("encoding", "hex"),
        over=node["over"],
        timestamp_header=timestamp.get("header"),
        timestamp_form=timestamp.get("form", "epoch-s"),
        tolerance=timestamp.get("tolerance"),
        id_header=node.get("id", {}).get("header"),
        variable=secret.get("variable", ""),
        secret_form=secret.get("form", "text"),
        secret_prefix=secret.get("prefix", ""),
        keys_url=node.get("keys", {}).get("url", ""),
        fact=fact.over(node),
    )


def _check_apart(draft: Draft, bodies: Mapping[StatusClass, Template]) -> None:
    """Notes bodies of a task under way that look like those of another class."""
    for name, one in bodies.items():
        for other, two in bodies.items():
            alike = one.literals == two.literals and not one.slots_named("query")
            if name is not other and not name.terminal and alike:
                what = f"a callback when a task is {name} cannot be told from one when it is {other}"
                mend = "write the words in which they differ, or the hole {{query}}"
                draft.problem(f"/x-task/callback/bodies/{name}", what, mend)
                return


def _read_events(node: Mapping[str, Any] | None) -> CallbackEvents | None:
    if node is None:
        return None
    words = {word: StatusClass(name) for word, name in node["words"].items()}
    return CallbackEvents(Location(node["at"]), words)
