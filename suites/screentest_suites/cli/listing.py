"""Tables of providers and requirements."""

import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from screentest_contracts import built_in, load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.extensions import installed_documents
from screentest_contracts.requirements import Requirement, client_requirements, receiver_requirements, requirements
from screentest_mockserver.behaviours.deviations import applicable
from screentest_suites.reporting.report import sources_json
from screentest_suites.targets.selection import load_contracts

_KINDS: Final = {"gateway": "gateways", "original": "originals", "software": "software", "": "others"}
"""What the document calls a provider, and the heading above all that are the same."""


def show_providers() -> None:
    """One line per provider, in groups by what it is: the built-in ones, then those of installed packages."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("name", "title", "server", "key", "models"):
        table.add_column(name, overflow="fold")
    contracts = {name: load_contract(name) for name in (*built_in(), *installed_documents())}
    for kind, heading in _KINDS.items():
        members = {name: contract for name, contract in contracts.items() if contract.kind == kind}
        if members:
            table.add_row(f"[bold]{heading}[/bold]")
        for name, contract in members.items():
            table.add_row(name, contract.title, contract.base_url, contract.key_variable, str(len(contract.models)))
    Console(highlight=False).print(table)


def _of_clients(contract: Contract) -> Iterable[Requirement[Any]]:
    return (*client_requirements(contract), *receiver_requirements(contract))


def show_requirements(providers: Iterable[str], form: str, *, clients: bool = False) -> None:
    """The requirements of servers, or those of clients, as a table or as JSON."""
    contracts = load_contracts(providers)
    derive: Callable[[Contract], Iterable[Requirement[Any]]] = _of_clients if clients else requirements
    if form == "json":
        rows = [
            {
                "id": each.id,
                "provider": contract.name,
                "suite": each.suite,
                "level": each.level.value,
                "statement": each.statement,
                "depends": list(each.depends),
                "untestable": each.untestable,
                "sources": sources_json(contract, each.fact),
                "deviations": [name for name, globs in deviations.items() if _matches(each.id, globs)],
            }
            for contract in contracts
            for deviations in [{deviation.name: deviation.breaks for deviation in applicable(contract)}]
            for each in derive(contract)
        ]
        sys.stdout.buffer.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    for contract in contracts:
        table = Table(title=f"{contract.title}: {contract.base_url}", box=None, pad_edge=False, title_justify="left")
        for name in ("id", "level", "statement", "sources"):
            table.add_column(name, overflow="fold", no_wrap=name == "id")
        for each in derive(contract):
            known = ", ".join(contract.sources[key].title for key in each.fact.source if key in contract.sources)
            text = f"{each.statement} Not tested: {each.untestable}" if each.untestable else each.statement
            table.add_row(each.id, each.level.value, escape(text), escape(f"{known} ({each.fact.mark.value})"))
        console.print(table)


def _matches(requirement_id: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(requirement_id, glob) for glob in globs)
