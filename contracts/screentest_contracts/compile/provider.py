"""Puts a whole contract together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.compile.assets import read_assets
from screentest_contracts.compile.batches import read_batch
from screentest_contracts.compile.bodies import read_id, read_presence, read_profile
from screentest_contracts.compile.callbacks import read_callback
from screentest_contracts.compile.cross_check import cross_check
from screentest_contracts.compile.draft import Draft, maybe_location
from screentest_contracts.compile.errors import read_errors
from screentest_contracts.compile.lifecycle import read_lifecycle, read_polling, read_retention
from screentest_contracts.compile.listing import read_listing
from screentest_contracts.compile.models import read_model
from screentest_contracts.compile.modes import with_modes
from screentest_contracts.compile.operations import read_key, read_roles, read_success, read_token_rule
from screentest_contracts.compile.resources import read_resources
from screentest_contracts.compile.services import (
    read_cancel,
    read_delete,
    read_idempotency,
    read_link,
    read_price,
)
from screentest_contracts.compile.streaming import read_stream
from screentest_contracts.compile.uploads import read_upload
from screentest_contracts.compile.waiting import read_wait
from screentest_contracts.contract import (
    HTTP,
    Contract,
    Failure,
    Header,
    Lifecycle,
    Model,
    Operation,
    Profile,
    Promise,
    Role,
    Source,
    Success,
    Unobservable,
)
from screentest_contracts.document import Document
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child, server_urls


@dataclass(frozen=True, slots=True)
class _Parts:
    """What further parts of a contract are read with."""

    roles: Mapping[Role, tuple[Operation, ...]]
    lifecycle: Lifecycle
    profiles: Mapping[str, Profile]
    models: Mapping[str, Model]
    servers: tuple[str, ...]


def compile_document(document: Document, chosen: Mapping[str, str]) -> Contract:
    """The contract of a document with these settings chosen. Raises UsageError or DocumentError (every problem)."""
    draft = Draft(document, chosen)
    task = draft.task
    roles = read_roles(draft)
    draft.raise_problems()
    lifecycle = read_lifecycle(draft, task["lifecycle"], roles)
    profiles = {name: read_profile(draft, name, node) for name, node in task["profiles"].items()}
    models = {name: read_model(draft, name, node, roles, profiles) for name, node in task["models"].items()}
    models = with_modes(draft, models)
    servers = tuple(server_urls(document.raw))
    if not servers:
        draft.problem("/servers", "no server", "servers[0].url is the vendor's real address")
    contract = _contract(draft, _Parts(roles, lifecycle, profiles, models, servers or ("",)))
    cross_check(draft, contract)
    draft.raise_problems()
    return contract


def _contract(draft: Draft, parts: _Parts) -> Contract:
    document, task, roles = draft.document, draft.task, parts.roles
    header, prefix, key_query = read_key(draft)
    success = {role: _success(draft, role) for role in roles}
    return Contract(
        name=task["provider"]["name"],
        title=task["provider"]["title"],
        kind=task["provider"].get("kind", ""),
        key_variable=task["provider"]["key"],
        base_url=parts.servers[0].rstrip("/"),
        hosts=tuple(host for url in parts.servers if (host := urlsplit(url).hostname)),
        file=document.file,
        digest=document.digest,
        document=document.raw,
        key_header=header,
        key_prefix=prefix,
        key_query=key_query,
        token=read_token_rule(draft),
        sources=_sources(task.get("sources", {})),
        settings=draft.settings,
        operations={operation.id: operation for operations in roles.values() for operation in operations},
        roles=roles,
        success=success,
        error_at={name: Location(pointers) for name, pointers in task.get("error", {}).items()},
        models=parts.models,
        model_at=maybe_location(task["request"].get("model")),
        id=read_id(draft, task["id"]),
        values=task.get("values", {}),
        lifecycle=parts.lifecycle,
        profiles=parts.profiles,
        presence=tuple(read_presence(draft, index, node) for index, node in enumerate(task.get("presence", []))),
        failures=tuple(_failure(draft, node) for node in task.get("failures", [])),
        errors=read_errors(draft, task["errors"], roles),
        link=read_link(draft, task["link"], roles),
        assets=read_assets(draft, task.get("assets", {}), parts.profiles, roles, parts.models),
        retention=read_retention(draft, task.get("retention")),
        polling=read_polling(draft, task.get("polling", {}), parts.profiles),
        callback=read_callback(draft, task.get("callback")),
        idempotency=read_idempotency(draft, task.get("idempotency")),
        wait=read_wait(draft, task.get("wait"), success[Role.CREATE]),
        stream=read_stream(draft, task.get("stream"), roles),
        prices=tuple(read_price(draft, node, task.get("units", {})) for node in task.get("prices", [])),
        headers=tuple(_header(draft, name, node, roles) for name, node in task.get("headers", {}).items()),
        listing=read_listing(draft, task.get("list"), roles, parts.profiles, parts.lifecycle),
        batch=read_batch(draft, task.get("batch"), roles, parts.profiles),
        cancel=read_cancel(draft, task.get("cancel")),
        delete=read_delete(draft, task.get("delete")),
        upload=read_upload(draft, task.get("upload"), roles, parts.models),
        resources=read_resources(draft, roles),
        promises={node["name"]: _promise(draft, node) for node in task.get("promises", [])},
        unobservable=tuple(_unobservable(draft, node) for node in task.get("unobservable", [])),
        environment=task.get("client", {}).get("environment", {}),
        extensions={name: value for name, value in task.items() if name.startswith("x-")},
    )


def _sources(node: Mapping[str, Any]) -> dict[str, Source]:
    own = {key: Source(key, each["title"], each.get("url", ""), each.get("read", "")) for key, each in node.items()}
    return {HTTP.key: HTTP, **own}


def _success(draft: Draft, role: Role) -> Success:
    return read_success(draft, draft.task["success"].get(role, {"status": [200]}), f"/x-task/success/{role}")


def _failure(draft: Draft, node: Mapping[str, Any]) -> Failure:
    return Failure(node.get("code", ""), node["message"], node.get("request", {}), draft.base.over(node))


def _header(draft: Draft, name: str, node: Mapping[str, Any], roles: Iterable[Role]) -> Header:
    make = draft.template(node["make"], child("/x-task/headers", name, "make"))
    on = tuple(Role(role) for role in node.get("on", roles))
    return Header(name, make, on, node.get("answers") == "success", draft.base.over(node))


def _promise(draft: Draft, node: Mapping[str, Any]) -> Promise:
    return Promise(node["name"], node.get("statement"), draft.base.over(node))


def _unobservable(draft: Draft, node: Mapping[str, Any]) -> Unobservable:
    return Unobservable(node["statement"], node["reason"], draft.base.over(node))
