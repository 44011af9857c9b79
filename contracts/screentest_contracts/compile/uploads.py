"""Reads how files are uploaded before a create."""

import re
from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import FileRule, Model, Operation, Role, UploadForm, UploadRule
from screentest_contracts.location import MISSING, Location, segments
from screentest_contracts.raw.nodes import child
from screentest_contracts.template import Template

SHORTEST = 6
"""Characters of a stand-in: what replaces it must not hit anything else in a body."""


def read_upload(
    draft: Draft,
    node: Mapping[str, Any] | None,
    roles: Mapping[Role, tuple[Operation, ...]],
    models: Mapping[str, Model],
) -> UploadRule | None:
    """What an upload takes and gives, and which creates use it."""
    if node is None or Role.UPLOAD not in roles:
        return None
    operation = roles[Role.UPLOAD][0]
    schema = operation.body_schema or {}
    file = _field(node["file"]) if "file" in node else _binary_member(schema)
    if [file is not None, "put" in node, "form" in node].count(True) != 1:
        what = "the bytes go either into the upload or, by `put` or `form`, to an address of their own"
        draft.problem("/x-task/upload", what, "name the form's member in `file`, or the address in `put` or `form`")
    if ("gives" in node) is ("reference" in node.get("form", {})):
        what = "the reference is either in the answer, at `gives`, or made by `form.reference`"
        draft.problem("/x-task/upload", what, "say one of them")
    if file is not None and not operation.takes_form:
        draft.problem("/x-task/upload/file", f"{operation.id} takes no multipart/form-data", "")
    used = Location(node.get("used", []))
    stand_ins = dict.fromkeys(value for model in models.values() for _, value in used.all(model.base))
    for value in stand_ins:
        if not isinstance(value, str | int) or len(str(value)) < SHORTEST:
            draft.problem("/x-task/upload/used", f"a base holds {value!r} there", "make up a longer reference")
    return UploadRule(
        file=file,
        base=node.get("base", {}),
        gives=Location(node.get("gives", [])),
        make=draft.template(node.get("make", "{{random:uuid}}"), "/x-task/upload/make"),
        pattern=_pattern(draft, node.get("pattern", "")),
        body=draft.template(node["body"], "/x-task/upload/body"),
        put=Location(node["put"]) if "put" in node else None,
        form=_form(draft, node),
        read=_read(draft, node) if Role.FILE in roles else None,
        used=used,
        stand_ins=tuple(stand_ins),
        media=node.get("media", ["image/png"])[0],
        life=node.get("life"),
        validator=draft.validator(schema, "/x-task/upload"),
        fact=draft.base.over(node),
    )


def _form(draft: Draft, node: Mapping[str, Any]) -> UploadForm | None:
    if "form" not in node:
        return None
    at, form, answer = "/x-task/upload/form", node["form"], node["body"]
    texts = {child(at, "fields", name): text for name, text in form["fields"].items()}
    if "reference" in form:
        texts[child(at, "reference")] = form["reference"]
    made = {pointer: draft.template(text, pointer) for pointer, text in texts.items()}
    for pointer, template in made.items():
        for slot in template.slots:
            hole = slot.hole
            if hole.name not in ("answer", "filename"):
                draft.problem(
                    pointer, f"{{{{{hole.name}}}}} has no value here", "write {{answer:/pointer}} or {{filename}}"
                )
            elif hole.name == "answer" and Location(hole.argument).find(answer) is MISSING:
                draft.problem(pointer, f"the answer holds nothing at {hole.argument}", "see upload.body")
    reference = made.get(child(at, "reference"))
    if reference is not None and not reference.slots_named("answer"):
        draft.problem(child(at, "reference"), "nothing of the answer is in it", "write {{answer:/pointer}}")
    if form["file"] in form["fields"]:
        draft.problem(child(at, "file"), f"`{form['file']}` is one of the fields, too", "name the one with the bytes")
    if Location(form["to"]).find(answer) is MISSING:
        draft.problem(child(at, "to"), f"the answer holds nothing at {Location(form['to'])}", "see upload.body")
    fields: dict[str, Template] = {name: made[child(at, "fields", name)] for name in form["fields"]}
    return UploadForm(Location(form["to"]), fields, form["file"], reference)


_OF_FILES = frozenset({"file", "filename", "created", "link_expires", "base", "media", "now", "random"})
_OF_READS = _OF_FILES | {"answer", "answer_id", "text", "any"}


def _read(draft: Draft, node: Mapping[str, Any]) -> FileRule | None:
    rule, at = node.get("read"), "/x-task/upload/read/body"
    if rule is None:
        return None
    body = draft.template(rule["body"], at)
    for slot in body.slots:
        name, pointer = slot.hole.name, child(at) + slot.pointer
        if name not in _OF_READS:
            draft.problem(pointer, f"{{{{{name}}}}} has no value here", f"holes: {', '.join(sorted(_OF_READS))}")
        elif name == "answer" and Location(slot.hole.argument).find(node["body"]) is MISSING:
            draft.problem(pointer, f"the answer to an upload holds nothing at {slot.hole.argument}", "see upload.body")
    return FileRule(body, draft.base.over(node).over(rule))


def _field(pointer: str) -> str:
    """The name of a form's field (`screentest_contracts.forms`): `clip[file]` for a member of a member."""
    first, *rest = segments(pointer)
    return first + "".join(f"[{part}]" for part in rest)


def _binary_member(schema: Mapping[str, Any]) -> str | None:
    """The member of a form that is a file (OpenAPI 3.0 says `format: binary`, 3.1 `contentMediaType`)."""
    for name, member in schema.get("properties", {}).items():
        if member.get("format") == "binary" or "contentMediaType" in member:
            return str(name)
    return None


def _pattern(draft: Draft, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        draft.problem("/x-task/upload/pattern", f"pattern: no regular expression ({error})", "mend it")
        return re.compile("")
