"""Files that are uploaded before a create."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Contract, Role, UploadForm
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.template import Hole, Slot
from screentest_contracts.times import write_time
from screentest_mockserver.behaviours.deviations.edit import put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.refusals import plain
from screentest_mockserver.wire.answer import Answer


def _uploads(contract: Contract) -> bool:
    return contract.upload is not None


def _gives(view: BodyHookContext, body: Any, change: Any) -> Any:
    """The answer to an upload with another reference, or with another first part of it."""
    rule = view.contract.upload
    if view.role is not Role.UPLOAD or rule is None:
        return body
    return put_at(body, rule.told_at, change(rule.told_at.find(body)))


def _other(reference: Any) -> Any:
    """One of the same form that belongs to no file."""
    if isinstance(reference, int):
        return reference + 1
    return reference[:-1] + ("0" if reference[-1] != "0" else "1") if isinstance(reference, str) else reference


def _names_files(contract: Contract) -> bool:
    """Whether some model needs a file, and a create looks at what it names."""
    return contract.upload is not None and bool(contract.upload.stand_ins) and contract.checks_files


register(
    Deviation(
        "upload-without-reference",
        "the answer to an upload does not say by what the file is named",
        ("upload.reference", "upload.accepted"),
        hooks=Hooks(body=lambda view, body: _gives(view, body, lambda reference: MISSING)),
        applies=_uploads,
        also=("upload.schema", "upload.form", "file.*"),
    )
)
register(
    Deviation(
        "upload-reference-of-another-form",
        "references to files have a form that nobody documented",
        ("upload.reference",),
        hooks=Hooks(body=lambda view, body: _gives(view, body, lambda reference: " \u00d7 ")),
        applies=lambda contract: contract.upload is not None and contract.upload.pattern.search(" \u00d7 ") is None,
        also=("upload.schema", "upload.form", "create.accepted", "create.accepted.*", "create.generated.*", "file.*"),
    )
)
register(
    Deviation(
        "upload-reference-leads-nowhere",
        "creates do not know the file that an upload's answer names",
        ("create.accepted", "create.accepted.*"),
        hooks=Hooks(body=lambda view, body: _gives(view, body, _other)),
        applies=_names_files,
        also=("create.generated.*", "upload.form", "file.*"),
    )
)


def _uploading(call: Call, answer: Answer) -> bool:
    return call.role is Role.UPLOAD and answer.status < 300


def _broken(call: Call, answer: Answer) -> Answer:
    return plain(500, "internal error") if _uploading(call, answer) else answer


register(
    Deviation(
        "upload-server-error",
        "an upload is answered 500",
        ("upload.accepted",),
        hooks=Hooks(answer=_broken),
        also=("*.upload.*",),
    )
)


def _as_text(call: Call, answer: Answer) -> Answer:
    if _uploading(call, answer):
        answer.headers = [(b"content-type", b"text/html")]
    return answer


register(
    Deviation(
        "upload-as-web-page",
        "the answer to an upload calls itself a web page",
        ("upload.schema",),
        hooks=Hooks(answer=_as_text),
        also=("error.upload.*",),
    )
)


def _no_bytes(call: Call, answer: Answer) -> Answer:
    storing = call.request.method in ("PUT", "POST") and call.request.path.startswith("/media/")
    return plain(403, "no") if storing else answer


register(
    Deviation(
        "upload-address-takes-nothing",
        "the address for a file's bytes refuses them",
        ("upload.put", "upload.form"),
        hooks=Hooks(answer=_no_bytes),
        applies=lambda contract: contract.upload is not None and contract.upload.bytes_at is not None,
    )
)


def _untold(view: BodyHookContext, body: Any) -> Any:
    """The answer to an upload without the last thing that the form repeats."""
    rule = view.contract.upload
    if view.role is not Role.UPLOAD or rule is None or rule.form is None:
        return body
    return put_at(body, Location(_repeated(rule.form)[-1]), MISSING)


def _repeated(form: UploadForm) -> list[str]:
    return [slot.hole.argument for text in form.fields.values() for slot in text.slots_named("answer")]


register(
    Deviation(
        "upload-form-untold",
        "the answer to an upload lacks something that the form with the bytes repeats",
        ("upload.form",),
        hooks=Hooks(body=_untold),
        applies=lambda contract: bool(contract.upload and contract.upload.form and _repeated(contract.upload.form)),
        also=("upload.schema", "upload.reference", "create.accepted", "create.accepted.*", "create.generated.*"),
    )
)


register(
    Deviation(
        "uploads-live-short",
        "files are forgotten before their time",
        ("upload.life",),
        hooks=Hooks(file_life=lambda call, seconds: seconds * 0.91),
        applies=_names_files,
    )
)


def _value_of(name: str, change: Callable[[Hole, Any], Any]) -> Hooks:
    """The answer to an upload with other values at the holes of a name."""

    def body(view: BodyHookContext, value: Any) -> Any:
        for slot in _slots(view.contract, name) if view.role is Role.UPLOAD else ():
            value = put(value, slot.pointer, change(slot.hole, resolve(value, segments(slot.pointer))))
        return value

    return Hooks(body=body)


def _slots(contract: Contract, name: str) -> list[Slot]:
    rule = contract.upload
    return [] if rule is None else [slot for slot in rule.body.slots_named(name) if slot.whole]


def _other_form(hole: Hole, value: Any) -> Any:
    return write_time(hole.read(value), "epoch-s" if hole.form == "epoch-ms" else "epoch-ms")


def _two_hours_less(hole: Hole, value: Any) -> Any:
    return write_time(hole.read(value) - 7200, hole.form)


def _holds(name: str) -> Callable[[Contract], bool]:
    """Whether the answer to an upload holds it, and says what it is."""

    def applies(contract: Contract) -> bool:
        rule = contract.upload
        known = {"size": rule.file and rule.bytes_at is None, "link_expires": rule.life} if rule is not None else {}
        return bool(_slots(contract, name)) and bool(known.get(name, True))

    return applies


for _name, _about, _hole, _aspect, _change in (
    ("upload-other-size", "an upload is told to be a byte longer", "size", "size", lambda hole, size: int(size) + 1),
    ("upload-ends-early", "an upload is told to end two hours earlier", "link_expires", "life", _two_hours_less),
    ("upload-end-in-other-form", "the end of an upload has another form", "link_expires", "life", _other_form),
    ("upload-created-in-other-form", "the time of an upload has another form", "created", "form", _other_form),
):
    register(
        Deviation(
            _name,
            _about,
            (f"upload.*.{_aspect}",),
            hooks=_value_of(_hole, _change),
            applies=_holds(_hole),
            also=("upload.schema", "file.*.told"),
        )
    )


def _has_read(contract: Contract) -> bool:
    return Role.FILE in contract.roles


def _reading(change: Callable[[Answer], None]) -> Hooks:
    """The answer that shows a file, changed."""

    def answer(call: Call, answer: Answer) -> Answer:
        if call.role is Role.FILE and answer.status < 300:
            change(answer)
        return answer

    return Hooks(answer=answer)


def _fails(answer: Answer) -> None:
    answer.status = 500


def _is_web_page(answer: Answer) -> None:
    answer.headers = [(b"content-type", b"text/html")]


def _untrue(view: BodyHookContext, body: Any) -> Any:
    """What shows a file, with another value for the last thing that the answer to its upload told."""
    slots = _told_slots(view.contract)
    if view.role is not Role.FILE or not slots:
        return body
    value = resolve(body, segments(slots[-1].pointer))
    return put(body, slots[-1].pointer, value + 1 if isinstance(value, int) else f"{value}-2")


def _told_slots(contract: Contract) -> list[Slot]:
    read = None if contract.upload is None else contract.upload.read
    return [] if read is None else [slot for slot in read.body.slots_named("answer") if slot.whole]


_SHOWN = ("file.*", "error.file.*", "auth.file.*")
for _name, _about, _breaks, _hooks, _where in (
    ("file-server-error", "who asks for an uploaded file is answered 500", "file.read", _reading(_fails), _has_read),
    (
        "file-as-web-page",
        "what shows an uploaded file calls itself a web page",
        "file.schema",
        _reading(_is_web_page),
        _has_read,
    ),
    (
        "file-told-otherwise",
        "an uploaded file is shown with another value than its upload told",
        "file.*.told",
        Hooks(body=_untrue),
        lambda contract: bool(_told_slots(contract)),
    ),
):
    register(Deviation(_name, _about, (_breaks,), hooks=_hooks, applies=_where, also=_SHOWN))
