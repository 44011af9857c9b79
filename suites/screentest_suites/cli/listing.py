"""Lists: providers, requirements, and what the mock can do."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from screentest_contracts import built_in, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.extensions import installed_documents
from screentest_contracts.requirements import Requirement, client_requirements, receiver_requirements, requirements
from screentest_mockserver.behaviours.deviations import applicable
from screentest_suites.cli.tables import Row, print_rows
from screentest_suites.reporting.report import sources_json
from screentest_suites.targets.selection import load_contracts

_KINDS: Final = ("gateway", "original", "software", "")
"""What a document may call its provider, in the order in which they are listed."""


def show_providers(form: str, *, quiet: bool) -> None:
    """One row per provider, in the order of what it is: the built-in ones, then those of installed packages."""
    contracts = [(name, load_contract(name)) for name in (*built_in(), *installed_documents())]
    contracts.sort(key=lambda each: _KINDS.index(each[1].kind))
    rows = [
        {
            "name": name,
            "title": contract.title,
            "kind": contract.kind or "other",
            "server": contract.base_url,
            "key_variable": contract.key_variable,
            "models": list(contract.models),
        }
        for name, contract in contracts
    ]
    columns = ("name", "title", "kind", "models", "key_variable")
    print_rows(rows, columns, form, quiet=quiet, right=["models"], shown_as=_counted)


def _counted(row: Row) -> Row:
    return {**row, "models": len(row["models"])}


def of_clients(contract: Contract) -> Iterable[Requirement[Any]]:
    """What clients of a provider are held to, and receivers of its callbacks."""
    return (*client_requirements(contract), *receiver_requirements(contract))


def show_requirements(
    providers: Iterable[str], form: str, *, clients: bool = False, levels: Sequence[str] = (), quiet: bool = False
) -> None:
    """The requirements of servers, or those of clients; of some `levels` where any are named."""
    contracts = load_contracts(providers)
    derive = of_clients if clients else requirements
    columns = ["id", "level", "statement", "sources"]
    if len(contracts) > 1:
        columns.insert(1, "provider")
    rows = (row for contract in contracts for row in _rows(contract, derive) if not levels or row["level"] in levels)
    print_rows(rows, columns, form, quiet=quiet, shown_as=_told)


def _rows(contract: Contract, derive: Callable[[Contract], Iterable[Requirement[Any]]]) -> Iterator[dict[str, Any]]:
    deviations = {deviation.name: deviation.breaks for deviation in applicable(contract)}
    for each in derive(contract):
        yield {
            "id": each.id,
            "provider": contract.name,
            "suite": each.suite,
            "level": each.level.value,
            "statement": each.statement,
            "models": list(each.models),
            "depends": list(each.depends),
            "untestable": each.untestable,
            "mark": each.fact.mark.value,
            "sources": sources_json(contract, each.fact),
            "deviations": [name for name, globs in deviations.items() if _matches(each.id, globs)],
        }


def _told(row: Row) -> Row:
    """The row of a requirement as a table has it."""
    known = ", ".join(source["title"] for source in row["sources"])
    statement = f"{row['statement']} Not tested: {row['untestable']}" if row["untestable"] else row["statement"]
    return {**row, "statement": statement, "sources": f"{known} ({row['mark']})".strip()}


def _matches(requirement_id: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(requirement_id, glob) for glob in globs)


def show_abouts(abouts: Mapping[str, str], form: str, *, quiet: bool) -> None:
    """Names, each with a line about it."""
    rows = [{"name": name, "about": about} for name, about in abouts.items()]
    print_rows(rows, ("name", "about"), form, quiet=quiet)
