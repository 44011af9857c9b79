"""Makes docs/requirement-kinds.md: every kind of requirement, and how well it finds what is planted for it.

python tests/kinds/page.py             writes the page from kinds.py, kinds.toml and detection.json
python tests/kinds/page.py --detect    plants every deviation first, each in the smallest documents that show it to
                                       all kinds that it is meant for, and keeps the figures in detection.json
python tests/kinds/page.py --detect KIND ...    the same for these kinds alone; the figures of others stay
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_contracts.requirements.kinds import Kind, all_kinds
from screentest_mockserver.behaviours.deviations import applicable, breaks

HERE = Path(__file__).parent
FIGURES = HERE / "detection.json"
PAGE = HERE.parents[1] / "docs" / "requirement-kinds.md"
HEAD = """\
# Kinds of requirements

<!-- Made by tests/kinds/page.py (`nox -s kinds`): do not edit. -->

A requirement is one fact of a document that a test can observe. Its kind says how it is judged.
`screentest requirements NAME` lists the requirements of a document.

The last column counts deviations of the mock: how many break a requirement of the kind, how many of them were noticed,
and how many by this kind itself. A deviation often breaks several requirements; one of them has to notice.

| kind | judges | sends | says | cannot see | planted, caught, by itself |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page. Raises LookupError for a kind without its text."""
    figures = json.loads(FIGURES.read_text())
    return HEAD + "".join(f"{row(kind, figures.get(kind.name))}\n" for kind in all_kinds())


def row(kind: Kind[object], figures: list[int] | None) -> str:
    text = kind.text
    if text is None:
        raise LookupError(
            f"the kind {kind.name} has no text: add a table [{kind.name}] with sends, says and blind to "
            "contracts/screentest_contracts/requirements/kinds.toml, then run `python tests/kinds/page.py`"
        )
    shown = (
        "none can be"
        if kind.name == "unobservable"
        else "not yet run"
        if figures is None
        else ", ".join(map(str, figures))
    )
    return f"| `{kind.name}` | {kind.judges} | {text.sends} | {text.says} | {text.blind} | {shown} |"


def detect(wanted: Collection[str]) -> dict[str, list[int]]:
    """(planted, caught, caught by the kind itself) of each wanted kind."""
    from screentest_suites.judging import selfcheck

    documents = sorted((HERE.parent / "documents").glob("*.yaml"))
    contracts = [(name, load_contract(name)) for name in (*built_in(), *map(str, documents))]
    jobs = [selfcheck.Job(provider, "deviation", name) for provider, name in chosen(contracts, wanted)]
    planted, caught, itself = (defaultdict[str, set[str]](set) for _ in range(3))
    for each in selfcheck.run_all(jobs, lambda row: print(row.provider, row.name, len(row.caught), flush=True)):
        for kind in each.kinds:
            planted[kind].add(each.name)
            if each.caught:
                caught[kind].add(each.name)
            if kind in each.caught_kinds:
                itself[kind].add(each.name)
    return {
        name: [len(planted[name]), len(caught[name]), len(itself[name])] for name in sorted(planted) if name in wanted
    }


def chosen(contracts: Iterable[tuple[str, Contract]], wanted: Collection[str]) -> list[tuple[str, str]]:
    """(document, deviation): the smallest documents first, until all wanted kinds that a deviation is meant for are
    there."""
    found, seen = [], set[tuple[str, str]]()
    for provider, contract in sorted(contracts, key=lambda each: len(requirements(each[1])) * len(each[1].models)):
        kinds = {each.id: each.kind for each in requirements(contract)}
        for deviation in applicable(contract):
            meant = {(deviation.name, kinds[name]) for name in breaks(deviation, contract) if kinds[name] in wanted}
            if meant - seen:
                seen |= meant
                found.append((provider, deviation.name))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detect", nargs="*", metavar="KIND", choices=[kind.name for kind in all_kinds()])
    asked = parser.parse_args().detect
    if asked is not None:
        kept = json.loads(FIGURES.read_text()) if asked else {}
        found = {**kept, **detect(asked or [kind.name for kind in all_kinds()])}
        lines = [f'  "{name}": {figures}' for name, figures in sorted(found.items())]
        FIGURES.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    PAGE.write_text(page())
