"""What answers say by the names of their members: status, ids, addresses, and what is not there yet."""

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.descriptions.values import Json, followed, judge, matching

_RUN = (
    *(
        "queued",
        "pending",
        "submitted",
        "waiting",
        "created",
        "accepted",
        "not_started",
        "notstarted",
        "in_queue",
        "draft",
    ),
    *("running", "processing", "in_progress", "inprogress", "generating", "dreaming", "started", "rendering", "active"),
)
_GOOD = ("succeeded", "success", "completed", "complete", "done", "finished", "ready", "finalized", "succeed")
_STATUS = ("status", "state", "task_status", "taskstatus", "taskstate", "job_status", "jobstatus")
_IDS = (
    "id",
    "task_id",
    "taskid",
    "job_id",
    "jobid",
    "request_id",
    "requestid",
    "generation_id",
    "generationid",
    "video_id",
)


class Answers:
    """The schemas of answers of one description."""

    def __init__(self, root: Json) -> None:
        self.root = root
        self.known: dict[int, list[Any]] = {}
        self.given: set[str] = set()

    def unready(self, schema: Json) -> dict[str, Any]:
        """Null for the addresses, reasons and ends that a task has not yet, where null is allowed."""
        return {
            at: None
            for at, name, forms in self.members(schema)
            if re.search(r"url|output|error|fail|completed|finished", name) and at.count("/") == 1
            and judge(self.root, {"anyOf": list(forms)}).is_valid(None)
        }  # fmt: skip

    def members(self, schema: Json) -> list[tuple[str, str, list[Json]]]:
        """(pointer, name in small letters, forms) of every member of every form."""
        if id(schema) not in self.known:
            self.known[id(schema)] = list(self._walk(schema))
        return self.known[id(schema)]

    def _walk(self, schema: Json, at: str = "", depth: int = 0) -> Iterator[tuple[str, str, list[Json]]]:
        for form in self._forms(schema):
            for name, node in form.get("properties", {}).items():
                inner = list(self._forms(node))
                yield f"{at}/{name}", str(name).lower(), inner
                if depth < 4:
                    yield from self._walk(node, f"{at}/{name}", depth + 1)
                    for each in inner:
                        if "items" in each:
                            items = list(self._forms(each["items"]))
                            yield f"{at}/{name}/0", str(name).lower(), items
                            yield from self._walk(each["items"], f"{at}/{name}/0", depth + 2)

    def _forms(self, schema: Json) -> Iterator[Mapping[str, Any]]:
        node = followed(self.root, schema)
        if isinstance(node, Mapping):
            yield node
            for word in ("allOf", "oneOf", "anyOf"):
                for part in node.get(word, ()):
                    yield from self._forms(part)

    def status(self, schema: Json) -> tuple[str | None, list[str]]:
        found: dict[str, list[str]] = {}
        for at, name, forms in self.members(schema):
            if name in _STATUS and "/0" not in at:
                words = [w for f in forms for w in f.get("enum", [f["const"]] if "const" in f else [])]
                said = " ".join(str(form.get("description", "")) for form in forms)
                listed = re.search(r"\((\w+(?:, \w+){2,})\)", said)
                words = words or re.findall(r"`(\w+)`", said) or (listed[1].split(", ") if listed else [])
                text = any("string" in str(form.get("type", "")) for form in forms)
                if words or text:
                    found.setdefault(at, []).extend(word for word in words if isinstance(word, str))
        ranked = sorted(found, key=lambda at: (-len(set(found[at])), at.count("/")))
        return (ranked[0], list(dict.fromkeys(found[ranked[0]]))) if ranked else (None, [])

    def ids(self, schema: Json) -> list[str]:
        found = [at for at, name, forms in self.members(schema) if name in _IDS and "/0" not in at]
        top = min((at.count("/") for at in found), default=0)
        level = [at for at in dict.fromkeys(found) if at.count("/") == top]
        main = [at for at in level if at.rpartition("/")[2].lower() in ("id", "task_id", "taskid")]
        return main or level[:1]

    def listed(self, schema: Json) -> tuple[str, str, str] | None:
        """Where an answer lists tasks, and where each holds its id and its status ("" where it has none)."""
        found = [*self.members(schema)]
        for form in self._forms(schema):
            found += list(self._walk(form.get("items", {}), "/0"))
        inside = [(at, name) for at, name, _ in found if re.findall(r"/0(?=/)", at) == ["/0"]]
        at = next((at for at, name in sorted(inside, key=lambda row: row[0].count("/")) if name in _IDS), None)
        if at is None:
            return None
        place, _, rest = at.partition("/0/")
        beside = at.rpartition("/")[0]
        status = next((one for one, name in inside if name in _STATUS and one.rpartition("/")[0] == beside), "")
        return place, f"/{rest}", status.removeprefix(f"{place}/0")

    def new_id(self, schema: Json, number: int, salt: str) -> Any:
        places = self.ids(schema)
        forms = [form for at, _, forms in self.members(schema) if at in places for form in forms]
        made = uuid.UUID(hashlib.md5(f"{salt}{number}".encode(), usedforsecurity=False).hexdigest(), version=4)
        if any(form.get("type") == "integer" for form in forms):
            return 100_000 + number
        patterns = [str(form["pattern"]) for form in forms if "pattern" in form]
        prefix = re.match(r"\^([A-Za-z0-9_]+)", patterns[0]) if patterns else None
        usual = (f"{prefix[1]}{made.hex}" if prefix else str(made), made.hex[: int(self._longest(forms))])
        taken = judge(self.root, {"allOf": forms})
        given = next((each for each in usual if taken.is_valid(each)), None)
        return given if given is not None or not patterns else matching(patterns[0], self.given)

    @staticmethod
    def _longest(forms: list[Json]) -> int:
        return min((int(form["maxLength"]) for form in forms if "maxLength" in form), default=32)

    def echoes(self, schema: Json, asked: Json) -> dict[str, Any]:
        """Members of an answer that are called like one of the request, where they may hold it."""
        if not isinstance(asked, Mapping):
            return {}
        return {
            at: asked[name]
            for at, name, forms in self.members(schema)
            if name in asked and at.count("/") <= 2 and "/0" not in at and name not in _STATUS
            and judge(self.root, {"anyOf": list(forms)}).is_valid(asked[name])
        }  # fmt: skip

    def progress(self, schema: Json, share: float) -> dict[str, Any]:
        found = {}
        for at, name, forms in self.members(schema):
            numbers = [form for form in forms if form.get("type") in ("integer", "number")]
            if re.search("progress|percent", name) and numbers:
                most = numbers[0].get("maximum", 1 if numbers[0]["type"] == "number" else 100)
                found[at] = int(most * share) if numbers[0]["type"] == "integer" else most * share
        return found

    def addresses(self, schema: Json) -> list[str]:
        found = []
        for at, name, forms in self.members(schema):
            texts = [form for form in forms if "string" in str(form.get("type", "")) and "enum" not in form]
            address = any(form.get("format") in ("uri", "url") for form in texts) or name.endswith(("url", "urls"))
            if texts and (address or name in ("video", "output", "uri", "download")):
                found.append(at)
        return found


def in_order(words: list[str]) -> list[str]:
    """The words that a task that succeeds goes through; usual ones where the schema has none."""
    run = sorted((word for word in words if word.lower() in _RUN), key=lambda word: _RUN.index(word.lower()))
    good = [word for word in words if word.lower() in _GOOD][:1]
    return [*run, *good] if good else ["queued", "processing", "completed"]
