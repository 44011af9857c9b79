"""What the page shows of a mock, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from screentest_contracts.contract import Contract
from screentest_mockserver.behaviours import DEVIATIONS, VARIATIONS, Deviation, applicable, applicable_variations
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.state.refusals import undocumented
from screentest_mockserver.wire.journal import Entry

TASKS = 50
"""Tasks on the page, the newest ones."""

ENTRIES = 50
"""Requests on the page, the newest ones."""


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider, and what its next tasks and answers follow."""

    name: str
    title: str
    path: str
    scenario: str
    scheduled: Sequence[str]
    deviation: str
    notes: Sequence[str]
    tasks: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it is now; `age` is seconds on the mock's clock, `progress` percent."""

    id: str
    provider: str
    model: str
    account: str
    status: str
    status_class: str
    progress: float
    age: float


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A request of the journal; `said` tells what it was answered."""

    entry: Entry
    time: str
    body: str
    said: Sequence[str]


def provider_rows(mocks: Sequence[ProviderMock], *, several: bool) -> list[ProviderRow]:
    """A row for each mock; `several`: the server has more than one, each under its name."""
    return [
        ProviderRow(
            mock.contract.name,
            mock.contract.title,
            f"/{mock.contract.name}/" if several else "/",
            mock.scenario.name,
            [f"{scenario.name} ({count})" for scenario, count in mock.scheduled],
            "" if mock.deviation is None else mock.deviation.name,
            [
                note
                for scenario in dict.fromkeys((mock.scenario, *(scheduled for scheduled, _ in mock.scheduled)))
                if (note := undocumented(scenario, mock.contract)) is not None
            ],
            mock.store.count_tasks(),
        )
        for mock in mocks
    ]


def task_rows(mocks: Sequence[ProviderMock]) -> list[TaskRow]:
    """The newest tasks, newest first. It asks the store for no more than are shown."""
    rows = []
    for mock in mocks:
        call = mock.call()
        for account in mock.facts.accounts_by_name:
            for task in mock.store.newest_tasks(account, TASKS):
                state = call.state(task)
                row = TaskRow(
                    task.id,
                    mock.contract.name,
                    task.named,
                    account,
                    str(state.status),
                    str(state.status_class),
                    state.progress,
                    max(call.now - task.created, 0.0),
                )
                rows.append((task.created, row))
    rows.sort(key=lambda pair: -pair[0])
    return [row for _, row in rows[:TASKS]]


def entry_rows(entries: Sequence[Entry], providers: Sequence[str]) -> list[EntryRow]:
    """The newest requests to some providers, newest first; `-` is none of them."""
    newest = [entry for entry in reversed(entries) if entry.provider in providers][:ENTRIES]
    return [
        EntryRow(entry, clock_text(entry.at), entry.body.decode("utf-8", "replace"), list(_said(entry)))
        for entry in newest
    ]


def _said(entry: Entry) -> list[str]:
    said = [entry.said] if entry.said else []
    if entry.waits is not None:
        said.append(f"wait {entry.waits:g} s")
    if entry.delay:
        said.append(f"after {entry.delay:g} s")
    return said


def behaviours(mocks: Sequence[ProviderMock]) -> tuple[list[Deviation], list[Deviation]]:
    """The deviations and the legal variations that can be chosen: of one mock those that apply to it, which takes a
    moment for the first time; of several all that there are."""
    if len(mocks) > 1:
        return [DEVIATIONS[name] for name in sorted(DEVIATIONS)], [VARIATIONS[name] for name in sorted(VARIATIONS)]
    contract = mocks[0].contract
    found = _APPLICABLE.get(contract)
    if found is None:
        found = _APPLICABLE[contract] = (applicable(contract), applicable_variations(contract))
    return found


_APPLICABLE: WeakKeyDictionary[Contract, tuple[list[Deviation], list[Deviation]]] = WeakKeyDictionary()


def clock_text(moment: float) -> str:
    """A moment as `2026-01-31 12:00:00.000`, UTC; the seconds alone where no calendar has them."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    except (OverflowError, OSError, ValueError):
        return f"{moment:.3f} s"
