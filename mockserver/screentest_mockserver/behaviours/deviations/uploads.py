"""Files that are uploaded before a create."""

from typing import Any

from screentest_contracts.contract import Contract, Role, UploadForm
from screentest_contracts.location import MISSING, Location
from screentest_mockserver.behaviours.deviations.edit import put_at
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
        also=("upload.schema", "upload.form"),
    )
)
register(
    Deviation(
        "upload-reference-of-another-form",
        "references to files have a form that nobody documented",
        ("upload.reference",),
        hooks=Hooks(body=lambda view, body: _gives(view, body, lambda reference: " \u00d7 ")),
        applies=lambda contract: contract.upload is not None and contract.upload.pattern.search(" \u00d7 ") is None,
        also=("upload.schema", "upload.form", "create.accepted", "create.accepted.*", "create.generated.*"),
    )
)
register(
    Deviation(
        "upload-reference-leads-nowhere",
        "creates do not know the file that an upload's answer names",
        ("create.accepted", "create.accepted.*"),
        hooks=Hooks(body=lambda view, body: _gives(view, body, _other)),
        applies=_names_files,
        also=("create.generated.*", "upload.form"),
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
