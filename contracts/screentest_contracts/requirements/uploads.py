"""Requirements on files that are uploaded before a create."""

from screentest_contracts.contract import Operation, Role, UploadRule
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, Builder, there
from screentest_contracts.requirements.subjects import MemberValue
from screentest_contracts.template import TIMES
from screentest_contracts.times import described

UPLOAD = "upload.accepted"
FILE = "file.read"


def add_uploads(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    rule, operation = contract.upload, contract.operation(Role.UPLOAD)
    if rule is None or operation is None:
        return
    success = contract.success[Role.UPLOAD]
    fact = min((each.fact or rule.fact for each in success.readings), key=lambda fact: fact.mark.rank)
    needs = (there(Role.UPLOAD),)
    add(UPLOAD, kinds.UPLOAD_ACCEPTED, "receipt", fact, f"A file ({rule.media}) can be uploaded.", depends=needs)
    text = "The answer to an upload is JSON that validates against the documented schema."
    shape = schema_fact(operation, success.made, "")
    add("upload.schema", kinds.UPLOAD_SCHEMA, "receipt", shape, text, depends=(UPLOAD,))
    if rule.form is not None:
        text = f"The answer to an upload holds an address that takes a form with the bytes and no key ({rule.form.at})."
        add("upload.form", kinds.UPLOAD_FORM, "receipt", rule.fact, text, depends=(UPLOAD,))
    text = f"The answer to an upload holds the reference by which creates name the file ({rule.place})."
    add("upload.reference", kinds.UPLOAD_REFERENCE, "receipt", rule.fact, text, depends=(UPLOAD,))
    if rule.put is not None:
        text = f"The answer to an upload holds an address that takes the bytes, by PUT and without a key ({rule.put})."
        add("upload.put", kinds.UPLOAD_PUT, "receipt", rule.fact, text, depends=(UPLOAD,))
    _add_values(builder, rule, operation)
    _add_read(builder, rule)
    if rule.life is not None and rule.stand_ins and contract.checks_files:
        text = f"An uploaded file can be used for {rule.life / 3600:g} hours."
        add("upload.life", kinds.UPLOAD_LIFE, "polling", rule.fact, text, depends=(UPLOAD, CREATE, "upload.reference"))


def _add_read(builder: Builder, rule: UploadRule) -> None:
    """That an uploaded file can be asked for, and is then shown as its upload told."""
    contract, add = builder.contract, builder.add
    read, operation = rule.read, contract.operation(Role.FILE)
    if read is None or operation is None:
        return
    made, call = contract.success[Role.FILE].made, f"{operation.method} {operation.path}"
    text = f"A file that was uploaded can be asked for by its reference: {call} is answered {made}."
    add(FILE, kinds.FILE_READ, "receipt", read.fact, text, depends=(there(Role.FILE), UPLOAD, "upload.reference"))
    text = f"The answer to {call} is JSON that validates against the documented schema."
    add("file.schema", kinds.FILE_SCHEMA, "receipt", schema_fact(operation, made, ""), text, depends=(FILE,))
    for slot in read.body.slots_named("answer"):
        if slot.whole:
            slug, fact = slug_of(slot.pointer), schema_fact(operation, made, slot.pointer).weakest(read.fact)
            text = (
                f"`{slug}` of a file that is asked for is what the answer to its upload held at {slot.hole.argument}."
            )
            subject = MemberValue(slot.pointer, slot.hole.argument)
            add(f"file.{slug}.told", kinds.FILE_TOLD, "receipt", fact, text, subject, (FILE,))


def _add_values(builder: Builder, rule: UploadRule, operation: Operation) -> None:
    """The size and the times in the answer to an upload."""
    made = builder.contract.success[Role.UPLOAD].made
    for slot in rule.body.slots:
        name, slug = slot.hole.name, slug_of(slot.pointer)
        fact = schema_fact(operation, made, slot.pointer)
        if name == "size" and rule.file is not None and rule.bytes_at is None:
            aspect, what = "size", "is the size of the file in bytes"
        elif name == "link_expires" and rule.life is not None:
            aspect, what = "life", f"is the end of the file: {rule.life / 3600:g} hours after its upload"
            fact = fact.weakest(rule.fact)
        elif name in TIMES:
            aspect, what = "form", f"is a time written {described(slot.hole.form)}"
        else:
            continue
        if slot.whole:
            text, subject = f"`{slug}` of the answer to an upload {what}.", MemberValue(slot.pointer, name)
            builder.add(f"upload.{slug}.{aspect}", kinds.UPLOAD_VALUE, "receipt", fact, text, subject, (UPLOAD,))
