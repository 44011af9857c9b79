"""Puts the draft together and writes it: the description as it was, x-task after it, guesses marked and commented."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.document import load_description
from screentest_contracts.drafting import answers, calls, refusals, requests
from screentest_contracts.drafting.members import walk
from screentest_contracts.drafting.writing import written, yaml_text
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.nodes import mapping, sequence, server_urls
from screentest_contracts.raw.upgrade import upgraded
from screentest_contracts.vocabulary import class_of_word


@dataclass(frozen=True, slots=True)
class Draft:
    """`task`: the drafted x-task; `left`: what a person must still look at; `text`: the whole document as YAML."""

    task: Mapping[str, Any]
    left: tuple[str, ...]
    text: str


def draft_file(name: str) -> Draft:
    """Drafts from a file. Raises UsageError for what is no OpenAPI 3 description, or has an x-task already."""
    file = Path(name) if os.path.exists(name) else find_document(name)
    loaded = load_description(file)
    raw = loaded.value
    if "x-task" in raw:
        raise UsageError(f"{name} has an x-task already", "`screentest lint` says what is wrong with it")
    own = loaded.single and file.suffix.lower() != ".json"
    return draft(raw, file.read_text(encoding="utf-8-sig") if own else None)


def draft(raw: Mapping[str, Any], text: str | None = None) -> Draft:
    """Drafts from a description. `text`: its own text, kept as it is where nothing in it must change."""
    whole = upgraded(raw)
    changed = _named(whole) or str(raw["openapi"]).startswith("3.0") or text is None
    task, left = _Drafter(RawDocument(whole)).task()
    if changed or text is None:
        text = yaml_text(whole, width=118, anchors=True)
    return Draft(task, tuple(left), f"{text.rstrip()}\n{written(task, left)}")


def _named(whole: dict[str, Any]) -> bool:
    """Gives operations their ids and bodies their names where x-task must be able to speak of them."""
    changed = False
    schemas = whole.setdefault("components", {}).setdefault("schemas", {}) if "paths" in whole else {}
    for path, item in mapping(whole.get("paths")).items():
        for method in ("get", "post", "delete", "put"):
            node = item.get(method) if isinstance(item, dict) else None
            if not isinstance(node, dict):
                continue
            if "operationId" not in node:
                words = re.findall(r"[A-Za-z0-9]+", path)
                node["operationId"] = method + "".join(word[:1].upper() + word[1:] for word in words)
                changed = True
            content = mapping(mapping(node.get("requestBody")).get("content")).get("application/json")
            schema = mapping(content).get("schema")
            if method == "post" and isinstance(content, dict) and isinstance(schema, dict) and "properties" in schema:
                name = node["operationId"][:1].upper() + node["operationId"][1:] + "Request"
                schemas[name], content["schema"] = schema, {"$ref": f"#/components/schemas/{name}"}
                changed = True
    if not whole.get("components", {}).get("schemas"):
        whole.get("components", {}).pop("schemas", None)
    return changed


class _Drafter:
    def __init__(self, document: RawDocument) -> None:
        self.document = document
        self.left: list[str] = []

    def task(self) -> tuple[dict[str, Any], list[str]]:
        document, roles = self.document, self._roles()
        ops = {role: call for role, names in roles.items() if (call := document.call(names[0])) is not None}
        create, query = ops["create"], ops["query"]
        ids = calls.id_of(document, create)
        receipt = answers.places(document, calls.answer_of(document, create), ids)
        poll = answers.places(document, calls.answer_of(document, query), [])
        words = answers.status_words(poll)
        kinds = requests.branches(document, calls.request_of(document, create))
        wanted = requests.request_map(document, [schema for _, schema in kinds])
        name, title = self._provider()
        models, left = requests.models(document, create, kinds, wanted, f"{name}-1")
        self.left += left
        at = refusals.error_places(document, ops)
        errors, left = refusals.errors(document, ops, at)
        self.left += left
        profile = self._profile(create, query, receipt, poll, words)
        task: dict[str, Any] = {
            "version": 1,
            "mark": "assumed",
            "source": ["D1"],
            "provider": {"name": name, "title": title, "key": re.sub("[^A-Z0-9]", "_", name.upper()) + "_API_KEY"},
            "sources": {"D1": {"title": f"OpenAPI description: {title}"}},
            "roles": roles,
            "success": self._success(ops, ids, poll, at),
            "error": at,
            "request": wanted,
            "models": models,
            "id": self._id(ids, query, receipt),
            "lifecycle": self._lifecycle(receipt, poll, words),
            "profiles": {"default": profile},
            "presence": [
                *answers.presence(receipt, "receipt", [], [profile["receipt"]]),
                *answers.presence(poll, "all", list(words.values()), list(profile["bodies"].values())),
            ],
            "failures": [{"code": "failed", "message": "The task failed."}],
            "errors": errors,
            "link": self._link(ops, poll),
        }
        self._further(task, ops, self._callback(create, wanted, words))
        if not at:
            del task["error"]
        return task, self.left

    def _roles(self) -> dict[str, list[str]]:
        roles = calls.roles(self.document)
        if not roles:
            raise UsageError(
                "no pair of calls that makes a task and reads it was found",
                "init looks for a POST that takes a prompt or a model and answers with an id, and a GET that answers "
                "with a status",
            )
        return roles

    def _provider(self) -> tuple[str, str]:
        raw = self.document.raw
        server = next(iter(server_urls(raw)), "")
        host = urlsplit(server).hostname or ""
        parts = [part for part in host.split(".") if part not in ("api", "www", "com", "ai", "vip", "io", "example")]
        title = str(mapping(raw.get("info")).get("title", "")) or host
        name = re.sub("[^a-z0-9-]+", "-", (parts[0] if parts else title).lower()).strip("-") or "provider"
        if not server:
            self.left.append("no server is given: servers[0].url is the vendor's real address")
        return name, title.partition(",")[0]

    def _success(
        self, ops: Mapping[str, Call], ids: list[str], poll: answers.Places, at: Mapping[str, str]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for role, call in ops.items():
            found[role] = {"status": [calls.good_status(call)]}
        found["create"]["present"] = ids[:1]
        if poll.status is not None:
            found["query"]["present"] = [poll.status.pointer]
        if at and all(pointer.startswith("/error/") for pointer in at.values()):
            found["create"]["absent"] = ["/error"]
        return found

    def _id(self, ids: list[str], query: Call, receipt: answers.Places) -> dict[str, Any]:
        name = calls.parameter_of(self.document, query) or "task_id"
        patterns = [
            mapping(mapping(self.document.follow(node)).get("schema")).get("pattern")
            for node in sequence(query.node.get("parameters"))
        ]
        patterns += [each.schema.get("pattern") for each in receipt.members if each.pointer in ids]
        pattern = next((str(each) for each in patterns if each), "")
        prefix = re.match(r"\^([A-Za-z0-9_-]+)", pattern)
        form = {"make": (prefix[1] if prefix else "") + "{{random:hex:24}}", "pattern": pattern or "^.+$"}
        if not pattern:
            self.left.append("what ids look like is not declared: id.forms takes any text")
        return {"at": ids, "parameter": name, "forms": form}

    def _lifecycle(self, receipt: answers.Places, poll: answers.Places, words: Mapping[str, str]) -> dict[str, Any]:
        node: dict[str, Any] = {"status": poll.status.pointer if poll.status else "/status"}
        early = {word: kind for word, kind in words.items() if kind in ("queued", "running")}
        if receipt.status is not None:
            node["receipt"] = receipt.status.pointer
            node["initial"] = early
        unusual = [word for word in words if class_of_word(word) is None]
        for word in unusual:
            self.left.append(f"what the status {word!r} means is not plain: its class is a guess")
        node["statuses"] = {word: {"class": kind} for word, kind in words.items()}
        node["transitions"] = answers.transitions(words)
        return node

    def _profile(
        self,
        create: Call,
        query: Call,
        receipt: answers.Places,
        poll: answers.Places,
        words: Mapping[str, str],
    ) -> dict[str, Any]:
        first = {kind: next((w for w, k in words.items() if k == kind), None) for kind in dict.fromkeys(words.values())}
        stages: list[dict[str, Any]] = []
        if first.get("queued"):
            stages.append({"status": first["queued"], "share": 10, "progress": 0})
        if first.get("running"):
            stages.append({"status": first["running"], "share": 90, "progress": [1, 99]})
        outcomes: dict[str, Any] = {}
        for kind in ("succeeded", "failed", "cancelled", "expired"):
            if first.get(kind):
                outcomes[kind] = {"status": first[kind], "progress": 100 if kind == "succeeded" else "keep"}
        for kind in {"succeeded", "failed"} - set(outcomes):
            self.left.append(f"no status word means {kind}: x-task needs one")
        start = first.get("queued") or first.get("running") or next(iter(words))
        schema = calls.answer_of(self.document, query)
        return {
            "typical": 120,
            "receipt": answers.body(
                self.document, calls.answer_of(self.document, create), receipt, str(start), "queued"
            ),
            "stages": stages or [{"status": start, "share": 100}],
            "outcomes": outcomes,
            "bodies": {word: answers.body(self.document, schema, poll, word, kind) for word, kind in words.items()},
        }

    def _link(self, ops: Mapping[str, Call], poll: answers.Places) -> dict[str, Any]:
        if poll.link is None:
            if "content" not in ops:
                self.left.append("no member with the result's address was found: link.at is a guess")
                return {"at": ["/video_url"], "make": "{{media}}.mp4"}
            return {"auth": "required"}
        texts = [str(mapping(self.document.raw.get("info")).get("description", ""))]
        life = answers.link_life(poll, texts)
        node: dict[str, Any] = {"at": [poll.link.pointer], "make": "{{media}}.mp4", "auth": "none"}
        if life is not None:
            node |= {"life": int(life), "life_mark": "documented"}
        else:
            self.left.append("how long the result's link lives is not said: link.life")
        return {**node, "media_type": "video/mp4"}

    def _callback(self, create: Call, wanted: Mapping[str, str], words: Mapping[str, str]) -> dict[str, Any] | None:
        node = mapping(create.node.get("callbacks"))
        if "callback_url" not in wanted:
            return None
        found: dict[str, Any] = {"url": wanted["callback_url"]}
        for each in node.values():
            for expression, item in mapping(self.document.follow(each)).items():
                match = re.fullmatch(r"\{\$request\.body#(/[^}]+)\}", str(expression))
                found["url"] = match[1] if match else found["url"]
                method = next((name for name in ("post", "put", "get") if name in mapping(item)), "post")
                found |= {"method": method.upper(), "body": "query"}
                codes = [str(code) for code in mapping(mapping(mapping(item).get(method)).get("responses"))]
                if codes:
                    found["success"] = codes
        found["on"] = [kind for kind in ("succeeded", "failed", "cancelled", "expired") if kind in words.values()]
        limits = [
            member.schema.get("maxLength")
            for _, schema in requests.branches(self.document, calls.request_of(self.document, create))
            for member in walk(self.document, schema)
            if member.pointer == found["url"]
        ]
        if any(limits):
            found["max_length"] = next(limit for limit in limits if limit)
        return found

    def _further(self, task: dict[str, Any], ops: Mapping[str, Call], callback: Mapping[str, Any] | None) -> None:
        if callback:
            task["callback"] = callback
        if "list" in ops:
            task["list"] = {"body": {"data": "{{items}}"}, "items": "/data"}
            self.left.append("list.body and list.items are guesses")
        if "cancel" in ops:
            task["cancel"] = {"from": ["queued"], "body": {}}
            self.left.append("cancel.from and cancel.body are guesses")
        self.left += [
            "polling, retention and prices are not in an OpenAPI description",
            "marks: everything below is assumed unless it says otherwise; give what the vendor documents its source",
        ]
