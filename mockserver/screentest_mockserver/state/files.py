"""Which files were uploaded, and whether a create may use one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Model, Role
from screentest_contracts.location import is_empty
from screentest_contracts.reading import id_text
from screentest_mockserver.state.refusals import Refusal
from screentest_mockserver.tasks.store import Bounded
from screentest_mockserver.wire.accounts import Account

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock

FILES = 100_000
"""Files that are known at a time, the oldest being forgotten first. Their bytes are not kept."""


@dataclass(slots=True)
class File:
    """A file of an account. `whole`: its bytes are there."""

    account: str
    created: float
    whole: bool


class Files:
    """What was uploaded, by the reference that the answer gave and by the address that takes the bytes."""

    def __init__(self, contract: Contract) -> None:
        self.by_reference: Bounded[str, File] = Bounded(FILES)
        self.by_address: Bounded[str, File] = Bounded(FILES)
        self.used = contract.upload.used if contract.upload is not None and contract.checks_files else None
        """Where creates name files, if the document says what a wrong name is answered with."""

    def __iter__(self) -> Iterator[File]:
        return iter(self.by_reference)

    def clear(self) -> None:
        """Forgets every file."""
        self.by_reference.clear()
        self.by_address.clear()


def check_files(mock: "ProviderMock", account: Account, model: Model, body: Any) -> None:
    """Whether a create may use the files that it names. Raises Refusal."""
    rule, used = mock.contract.upload, mock.files.used
    if rule is None or used is None:
        return
    if mock.deviation is not None and mock.deviation.accepts is not None and not model.validator.is_valid(body):
        return  # one that overlooks a wrong reference
    for pointer, reference in used.all(body):
        if is_empty(reference):
            continue
        file = mock.files.by_reference.get(id_text(reference) or "")
        wrong = ""
        if file is None or not file.whole or _too_old(mock, file, rule.life):
            wrong = "unknown-file"
        elif file.account != account.name:
            wrong = "foreign-file"
        if wrong:
            raise Refusal(Role.CREATE, wrong, param=pointer.strip("/").replace("/", "."), model=model.name)


def _too_old(mock: "ProviderMock", file: File, life: float | None) -> bool:
    return life is not None and (mock.clock.now() - file.created) * mock.clock.speed > life
