"""The bodies of x-task written out as a vendor might send them: one value per template, in every reading."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from screentest_contracts.generate import generate
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence, server_urls
from screentest_contracts.template import Template

CREATED = 1_767_225_600.0
STARTED, FINISHED, LIFE = CREATED + 20, CREATED + 100, 86_400.0
ENDED = frozenset({"succeeded", "failed", "cancelled", "expired"})
_READING = {"body", "when", "tolerated", "mark", "source", "note"}


@dataclass(frozen=True, slots=True)
class TaskBody:
    """A body of x-task. `kind`: receipt, query, result, item or the id of an alias operation that it belongs to."""

    pointer: str
    template: Template
    value: Any
    kind: str
    status: str
    profile: str


def readings(node: Any, pointer: str) -> Iterator[tuple[Any, str]]:
    """Each reading of a body with its pointer, as the compiler tells them from a body itself."""
    listed = isinstance(node, list) and node and all(isinstance(each, Mapping) and "body" in each for each in node)
    if listed:
        for index, each in enumerate(node):
            yield each["body"], child(pointer, index, "body")
    elif isinstance(node, Mapping) and "body" in node and set(node) <= _READING:
        yield node["body"], child(pointer, "body")
    else:
        yield node, pointer


def task_bodies(document: RawDocument) -> Iterator[TaskBody]:
    """Every receipt, query, result, list-item and view body. What does not compile, the compiler tells."""
    task = mapping(document.task)
    for name, profile in mapping(task.get("profiles")).items():
        at = child("/x-task/profiles", name)
        profile = mapping(profile)
        groups: list[tuple[Any, str, str, str]] = []
        if "receipt" in profile:
            groups.append((profile["receipt"], child(at, "receipt"), "receipt", ""))
        tables = [("query", "bodies", profile.get("bodies")), ("result", "result", profile.get("result"))]
        tables += [(view, f"views/{view}", each) for view, each in mapping(profile.get("views")).items()]
        for kind, where, table in tables:
            for status, body in mapping(table).items():
                groups.append((body, child(at, *where.split("/"), status), kind, str(status)))
        for node, pointer, kind, status in groups:
            for tree, where in readings(node, pointer):
                try:
                    template = Template(tree)
                    value = template.render(SampleTask(document, str(name), status))
                except (ValueError, TypeError, KeyError):
                    continue
                yield TaskBody(where, template, value, kind, status, str(name))


def upload_bodies(document: RawDocument) -> Iterator[TaskBody]:
    """The answer to an upload, and what the file is shown as. What does not compile is left to the compiler."""
    rule = mapping(mapping(document.task).get("upload"))
    if "body" in rule:
        with suppress(ValueError, TypeError, KeyError):
            template = Template(rule["body"])
            value = template.render(SampleTask(document))
            yield TaskBody("/x-task/upload/body", template, value, "upload", "", "")
    read = mapping(rule.get("read"))
    if "body" in read:
        with suppress(ValueError, TypeError, KeyError):
            template = Template(read["body"])
            value = template.render(SampleTask(document))
            yield TaskBody("/x-task/upload/read/body", template, value, "file", "", "")


def resource_bodies(document: RawDocument) -> Iterator[TaskBody]:
    """The answers that are only read. A template that does not compile is left to the compiler."""
    for role, rule in mapping(mapping(document.task).get("resources")).items():
        rule = mapping(rule)
        if "body" in rule:
            with suppress(ValueError, TypeError, KeyError):
                template = Template(rule["body"])
                sample = SampleTask(document)
                sample.items = [Template(rule["item"]).render(sample)] if "item" in rule else []
                value, at = template.render(sample), child("/x-task/resources", role, "body")
                yield TaskBody(at, template, value, role, "", "")


def batch_bodies(document: RawDocument) -> Iterator[TaskBody]:
    """The answer to a query for several tasks, one in each status, and for an id that nobody knows. Templates that do
    not compile are left to the compiler."""
    rule, sample = mapping(mapping(document.task).get("batch")), SampleTask(document)
    if "body" not in rule:
        return
    found = (
        resolve(each.value, segments(rule.get("part", ""))) for each in task_bodies(document) if each.kind == "query"
    )
    sample.items = [each for each in found if each is not MISSING]
    unknown = mapping(rule.get("unknown"))
    with suppress(ValueError, TypeError, KeyError):
        sample.items += [Template(unknown["item"]).render(sample)] if "item" in unknown else []
        template = Template(rule["body"])
        yield TaskBody("/x-task/batch/body", template, template.render(sample), "batch", "", "")


class SampleTask:
    """An ordinary task of a profile at a status, for the holes of its bodies."""

    def __init__(self, document: RawDocument, profile: str = "", status: str = "", base: Any = None) -> None:
        task = mapping(document.task)
        statuses = mapping(mapping(task.get("lifecycle")).get("statuses"))
        self.status = status
        self.kind = mapping(statuses.get(status)).get("class", "queued")
        self.task = task
        models = mapping(task.get("models"))
        mine = [name for name, node in models.items() if mapping(node).get("profile", profile) == profile]
        self.model = str((mine or list(models) or ["model"])[0])
        self.body = mapping(mapping(models.get(self.model)).get("base")) if base is None else base
        server = next(iter(server_urls(document.raw)), "")
        self.base = (server or "https://api.example.com").rstrip("/")
        self.random = Random(7)  # noqa: S311 - look-alikes
        self._id: Any = None
        self.items: list[Any] = []

    def hole(self, name: str, argument: str) -> Any:
        match name:
            case "id" | "task_id" | "first_id" | "last_id" | "next_cursor":
                return self._made_id()
            case "next_page" | "next_path":
                return f"{self.base if name == 'next_page' else ''}/next"
            case "model" | "upstream":
                return self.model
            case "created" | "submitted":
                return CREATED
            case "started":
                return None if self.kind == "queued" else STARTED
            case "finished":
                return FINISHED if self.kind in ENDED else None
            case "updated":
                return FINISHED if self.kind in ENDED else STARTED
            case "now":
                return FINISHED + 20
            case "link_expires" | "task_expires":
                life = mapping(self.task.get("link")).get("life")
                life = mapping(next(iter(sequence(life)), None)).get("life", life)
                return FINISHED + (float(life) if isinstance(life, int | float) and life else LIFE)
            case "progress":
                return 100.0 if self.kind == "succeeded" else 50.0
            case "link":
                return self._link()
            case "base":
                return self.base
            case "media":
                return f"{self.base}/media/{quote(str(self._made_id()), safe='')}"
            case "asset":
                return f"{self.base}/media/{quote(str(self._made_id()), safe='')}/asset-{argument}"
            case "file_size":
                return 4861 if self.kind == "succeeded" else None
            case "file_digest":
                return hashlib.new(argument, b"a video").hexdigest() if self.kind == "succeeded" else None
            case "reason" | "reason_code":
                failure = mapping(next(iter(sequence(self.task.get("failures"))), None))
                return failure.get("code" if name == "reason_code" else "message", "failed")
            case "request":
                found = Location(argument).find(self.body)
                return None if found is MISSING else found
            case "value":
                return generate(str(mapping(self.task.get("values"))[argument]), self.random)
            case "random" | "answer_id" | "account":
                return generate(argument, self.random)
            case "status":
                return self.status
            case "param" | "detail":
                return "prompt"
            case "file":
                make = mapping(self.task.get("upload")).get("make", "{{random:uuid}}")
                return Template(make).render(self)
            case "answer":
                told = Template(mapping(self.task.get("upload"))["body"]).render(self)
                found = Location(argument).find(told)
                return None if found is MISSING else found
            case "filename":
                return "first.png"
        return self._figure(name)

    def _figure(self, name: str) -> Any:
        node = mapping(self.task.get("request")).get(name)
        asked = Location(node).find(self.body) if node is not None else MISSING
        usual: dict[str, Any] = {
            "items": self.items,
            "balance": 100.0,
            "spent": 1.0,
            "has_more": False,
            "prompt": "A paper boat.",
            "duration": 5,
            "ratio": "16:9",
            "resolution": "720p",
            "seed": 42,
            "width": 1280,
            "height": 720,
            "frames": 121,
            "tokens": 108_900,
            "charge": 1.0,
            "limit": 20,
            "pages": 1,
            "page": 1,
            "total": 0,
            "queue_position": 0,
            "size": 1024,
        }
        return usual.get(name) if asked is MISSING else asked

    def _made_id(self) -> Any:
        if self._id is None:
            form = mapping(next(iter(sequence(mapping(self.task.get("id")).get("forms"))), None))
            self._id = "task"  # an id may hold the id of something else, never its own
            self._id = Template(form.get("make", "task")).render(self)
        return self._id

    def _link(self) -> Any:
        make = mapping(self.task.get("link")).get("make", "{{media}}.mp4")
        first = make if isinstance(make, str) else mapping(next(iter(sequence(make)), None)).get("make", "{{media}}")
        return Template(first).render(self)
