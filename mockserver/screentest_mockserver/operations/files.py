"""Whether a create may use the files that it names."""

from collections.abc import Mapping

from screentest_contracts.contract import Role, UploadRule
from screentest_contracts.location import Location, is_empty
from screentest_contracts.reading import id_text
from screentest_mockserver.operations.asked import Asked
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.records import File
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.accounts import Account


def named_files(used: Location, asked: Asked) -> list[tuple[str, str]]:
    """(pointer, reference) of each file that a create names in these places; none where it is accepted although its
    body is invalid."""
    if asked.overlooked:
        return []
    return [(pointer, id_text(value) or "") for pointer, value in used.all(asked.body) if not is_empty(value)]


def is_over(call: Call, rule: UploadRule, file: File) -> bool:
    """Whether a file can no longer be used."""
    return rule.life is not None and (call.now - file.created) * call.speed > call.hooks.file_life(call, rule.life)


def check_files(
    call: Call, account: Account, asked: Asked, names: list[tuple[str, str]], files: Mapping[str, File | None]
) -> None:
    """Raises Refusal for the first of the named files that is unknown, too old, without bytes or another account's."""
    rule = call.facts.contract.upload
    for pointer, reference in names:
        file = files.get(reference)
        wrong = ""
        if file is None or not file.whole or (rule is not None and is_over(call, rule, file)):
            wrong = "unknown-file"
        elif file.account != account.name:
            wrong = "foreign-file"
        if wrong:
            member = pointer.strip("/").replace("/", ".")
            raise Refusal(Role.CREATE, wrong, param=member, model=asked.model.wire)
