"""x-task itself, section by section, from a description that holds the chosen operations alone."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.drafting import calls, refusals, requests
from screentest_contracts.drafting import places as telling
from screentest_contracts.drafting.beside import add_cancel, add_delete, add_list
from screentest_contracts.drafting.bodies import Body, sample_id
from screentest_contracts.drafting.callbacks import NamedCallback, callback_of
from screentest_contracts.drafting.identity import ANY_ID, identity, polled_ids
from screentest_contracts.drafting.places import Places
from screentest_contracts.drafting.shapes import Shapes, walk
from screentest_contracts.parameters import UNJUDGED
from screentest_contracts.raw.asked import asked_schemas
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import child, mapping, server_urls

_KINDS = ("succeeded", "failed", "cancelled", "expired")


class Drafter:
    """Drafts x-task. `roles`: operation ids by role; `callback`: what the user names."""

    def __init__(self, shapes: Shapes, roles: Mapping[str, list[str]], callback: NamedCallback | None) -> None:
        self.shapes, self.roles, self.callback = shapes, dict(roles), callback
        self.document = shapes.document
        self.left: list[str] = []
        self.known = ""
        found = {role: self.document.call(names[0]) for role, names in roles.items()}
        self.ops: dict[str, Call] = {role: call for role, call in found.items() if call is not None}

    def task(self) -> tuple[dict[str, Any], list[str]]:
        """The extension and what is left to do."""
        create, query, shapes = self.ops["create"], self.ops["query"], self.shapes
        made, asked = calls.answer_of(self.document, create), calls.answer_of(self.document, query)
        ids = self._ids(create, query, made)
        own, left = identity(shapes, query, ids, made, asked)
        self.left += left
        self.known = sample_id(own["forms"]["make"])
        receipt = telling.places(shapes, made, ids)
        poll = telling.places(shapes, asked, [])
        poll = replace(poll, ids=tuple(polled_ids(list(poll.members), ids, own["parameter"], poll.status)))
        words, left = telling.status_words(poll)
        self.left += left
        kinds = requests.kinds_of(shapes, create)
        wanted = requests.request_map(shapes, kinds)
        if not wanted:
            self.left.append(
                "no schema says where requests hold the prompt or anything that is known: request is empty"
            )
        name, title = self._provider()
        models, left = requests.models(shapes, create, kinds, wanted, f"{name}-1")
        self.left += left
        at = refusals.error_places(shapes, self.ops)
        unlikely = requests.unlikely(shapes, kinds, wanted)
        unlikely |= {"malformed-id"} if own["forms"]["pattern"] == ANY_ID else set()
        errors, left = refusals.errors(shapes, self.ops, at, unlikely)
        self.left += left
        link = self._link(poll)
        profile = self._profile(made, asked, receipt, poll, words, link)
        task: dict[str, Any] = {
            "version": 1,
            "mark": "assumed",
            "source": ["D1"],
            "provider": {"name": name, "title": title, "key": re.sub("[^A-Z0-9]", "_", name.upper()) + "_API_KEY"},
            "sources": {"D1": {"title": f"OpenAPI description: {title}"}},
            "roles": self.roles,
            "success": self._success(ids, receipt, poll, at),
            "error": at,
            "request": wanted,
            "models": models,
            "id": own,
            "lifecycle": self._lifecycle(receipt, poll, words, profile),
            "profiles": {"default": profile},
            "presence": [
                *telling.presence(receipt, "receipt", [], [profile["receipt"]]),
                *telling.presence(poll, "all", list(words.values()), list(profile["bodies"].values())),
            ],
            "failures": [{"code": "failed", "message": "The task failed."}],
            "errors": errors,
            "link": link,
        }
        self._further(task, create, kinds, wanted, words, asked)
        return {key: value for key, value in task.items() if value or key not in ("error", "presence")}, self.left

    def _ids(self, create: Call, query: Call, made: Any) -> list[str]:
        found = calls.ids_of(self.document, create, query, list(walk(self.shapes, made)))
        if not found:
            name = calls.parameter_of(self.document, query) or "id"
            found = [f"/{name}"]
            self.left.append(f"no schema says where the receipt holds the task's id: {found[0]} is a placeholder")
        return found

    def _provider(self) -> tuple[str, str]:
        raw = self.document.raw
        server = next(iter(server_urls(raw)), "")
        host = urlsplit(server).hostname or ""
        parts = [part for part in host.split(".") if part not in _OF_HOSTS]
        title = str(mapping(raw.get("info")).get("title", "")) or host
        name = re.sub("[^a-z0-9-]+", "-", (parts[0] if parts else title).lower()).strip("-") or "provider"
        if not urlsplit(server).scheme or host == "example.com":
            self.left.append("no server is given: servers[0].url is the vendor's real address")
        return name, title.partition(",")[0]

    def _success(self, ids: list[str], receipt: Places, poll: Places, at: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {role: {"status": calls.good_statuses(call)} for role, call in self.ops.items()}
        found["create"]["present"] = ids[:1]
        if poll.status is not None:
            found["query"]["present"] = [poll.status.pointer]
        own = any(each.pointer == "/error" for each in receipt.members)  # which a task has, too
        if at and not own and all(pointer.startswith("/error/") for pointer in at.values()):
            found["create"]["absent"] = ["/error"]
        return found

    def _lifecycle(
        self, receipt: Places, poll: Places, words: Mapping[str, str], profile: Mapping[str, Any]
    ) -> dict[str, Any]:
        if poll.status is None:
            self.left.append("no schema says where an answer holds the status: /status is a placeholder")
        node: dict[str, Any] = {"status": poll.status.pointer if poll.status else "/status"}
        early = {word: kind for word, kind in words.items() if kind in ("queued", "running")}
        if receipt.status is not None and early:
            told = [word for word in receipt.status.words if isinstance(word, str)]
            node["receipt"] = receipt.status.pointer
            node["initial"] = {word: kind for word, kind in early.items() if not told or word in told} or early
        node["statuses"] = {word: {"class": kind} for word, kind in words.items()}
        node["transitions"] = telling.transitions(words)
        return node

    def _profile(
        self, made: Any, asked: Any, receipt: Places, poll: Places, words: Mapping[str, str], link: Mapping[str, Any]
    ) -> dict[str, Any]:
        first = {kind: next(w for w, k in words.items() if k == kind) for kind in dict.fromkeys(words.values())}
        stages: list[dict[str, Any]] = []
        if "queued" in first:
            stages.append({"status": first["queued"], "share": 10, "progress": 0})
        if "running" in first:
            stages.append({"status": first["running"], "share": 90, "progress": [1, 99]})
        outcomes: dict[str, Any] = {}
        for kind in _KINDS:
            if kind in first:
                outcomes[kind] = {"status": first[kind], "progress": 100 if kind == "succeeded" else "keep"}
        start = first.get("queued") or first.get("running") or next(iter(words))
        told = [str(word) for word in (receipt.status.words if receipt.status else ())]
        begun = next((word for word in words if word in told and words[word] in ("queued", "running")), start)
        bodies = {word: self._body(asked, poll, word, kind, f"the answer at {word}") for word, kind in words.items()}
        for word, kind in words.items():
            if isinstance(bodies[word], dict):
                if poll.status is None:
                    bodies[word]["status"] = word
                if poll.link is None and "at" in link and kind == "succeeded":
                    bodies[word]["video_url"] = "{{link}}"
        first_body = self._body(made, receipt, begun, words.get(begun, "queued"), "the receipt")
        for pointer in receipt.ids:
            if pointer.count("/") == 1 and isinstance(first_body, dict):
                first_body.setdefault(pointer[1:], "{{id}}")
        return {
            "typical": 120,
            "receipt": first_body,
            "stages": stages or [{"status": start, "share": 100}],
            "outcomes": outcomes,
            "bodies": bodies,
        }

    def _body(self, schema: Any, places: Places, word: str, kind: str, what: str) -> Any:
        made, problem = Body(self.shapes, places, word, kind, self.known).of(schema)
        if problem:
            self.left.append(f"{what} is not valid yet: {problem}")
        return made

    def _link(self, poll: Places) -> dict[str, Any]:
        if poll.link is None:
            if "content" not in self.ops:
                self.left.append("no schema says where the result's address is: link.at is a placeholder")
                return {"at": ["/video_url"], "make": "{{media}}.mp4"}
            return {"auth": "required"}
        texts = [str(mapping(self.document.raw.get("info")).get("description", ""))]
        life = telling.link_life(poll, texts)
        node: dict[str, Any] = {"at": [poll.link.pointer], "make": "{{media}}.mp4", "auth": "none"}
        if life is not None:
            node |= {"life": int(life), "life_mark": "documented"}
        else:
            self.left.append("how long the result's link lives is not said: link.life")
        return {**node, "media_type": "video/mp4"}

    def _further(
        self,
        task: dict[str, Any],
        create: Call,
        kinds: list[tuple[str, Any]],
        wanted: dict[str, str],
        words: Mapping[str, str],
        asked: Any,
    ) -> None:
        callback = callback_of(self.shapes, create, kinds, wanted, words, self.callback)
        if callback is not None:
            task["callback"] = callback
            wanted["callback_url"] = callback["url"]
        self.left += add_list(self.shapes, task, self.ops, asked, self.known)
        self.left += add_cancel(self.shapes, task, self.ops, self.known)
        self.left += add_delete(self.shapes, task, self.ops, self.known)
        self.left += [
            "polling, retention and prices are not in an OpenAPI description",
            "marks: everything below is assumed unless it says otherwise; give what the vendor documents its source",
        ]


_OF_HOSTS = frozenset(
    {"api", "www", "com", "ai", "vip", "io", "example", "dev", "net", "app", "cloud", "public", "xyz", "cn", "x"}
)


def unjudged(document: RawDocument, task: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of `contradictions` for keywords of which no requirement comes; None where there are none."""
    asked = asked_schemas(document, [each["schema"] for each in task["models"].values()])
    found = [(child(at, word), word) for at, schema in asked for word in UNJUDGED if word in schema]
    if not found:
        return None
    return {
        "name": "keywords-not-judged",
        "kind": "silence",
        "statement": f"Nothing is judged of these: {', '.join(sorted({word for _, word in found}))}.",
        "reading": "the mock keeps them; a server that breaks them passes",
        "at": [at for at, _ in found],
        "accepts": ["schema.keyword-unjudged"],
    }
