"""The pages about the built-in providers: what is judged, from where it is known, and what is open."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.facts import Mark
from screentest_contracts.lint.rules.recorded import records
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import sequence
from screentest_contracts.requirements import Requirement, requirements
from tests.pages.tables import code, made, table


def provider_pages() -> dict[str, str]:
    """A list of all providers, and a page about each."""
    contracts = [load_contract(name) for name in built_in()]
    rows = []
    for contract in contracts:
        levels = Counter(each.level.value for each in requirements(contract))
        link = f"[{contract.title}](providers/{contract.name}.md)"
        counts = [str(levels[level]) for level in ("MUST", "SHOULD", "NOTE")]
        facts = (code(contract.key_variable), str(len(contract.models)), _calls_back(contract))
        rows.append((code(contract.name), link, contract.kind, *facts, *counts))
    about = (
        "The built-in documents. A *gateway* sells models of others, an *original* makes its own, *software* is run\n"
        "by many. The page of each says which pages of the vendor were read, and when. Nobody has run this version\n"
        "against a real server of a vendor: the documents rest on what vendors publish."
    )
    head = ("name", "vendor", "kind", "variable of the key", "models", "callbacks", "MUST", "SHOULD", "NOTE")
    return {"providers.md": made("Providers", about) + table(head, rows)} | {
        f"providers/{contract.name}.md": _page(contract) for contract in contracts
    }


def _page(contract: Contract) -> str:
    found = requirements(contract)
    marks = Counter(each.fact.mark for each in found)
    counts = ", ".join(f"{marks[mark]} {mark.value}" for mark in Mark)
    about = (
        f"The document `{contract.name}` describes `{contract.base_url}`. It has {len(found)} requirements: {counts}.\n"
        f"`screentest requirements {contract.name}` lists them all."
    )
    sources = ((each.key, f"[{each.title}]({each.url})", each.read) for each in contract.sources.values())
    parts = [
        made(contract.title, about),
        "\n## Models\n",
        "".join(f"\n- {code(name)}" for name in contract.models) + "\n",
        f"\n## Result\n\n{_result(contract)}\n",
        "\n## Sources\n",
        table(("key", "page", "read on"), sources),
        f"\n## Callbacks\n\n{_callbacks(contract)}\n",
        _open(contract),
        _guesses(found),
    ]
    if contract.unobservable:
        rows = ((each.statement, each.reason) for each in contract.unobservable)
        parts += ["\n## Not visible from outside\n", table(("the vendor states", "why no test can see it"), rows)]
    return "".join(parts)


def _result(contract: Contract) -> str:
    """Where a client finds the video, and whether it needs the key."""
    if not contract.link.at.pointers:
        return "No answer shows an address of the video: an operation gives its bytes."
    places = " or ".join(code(pointer) for pointer in contract.link.at.pointers)
    text = f"The answer of a task that has succeeded shows the address of the video at {places}."
    made = sequence(contract.document["x-task"]["link"]["make"])
    rows = [str(each["make"] if isinstance(each, dict) else each) for each in made]
    if rows and all(each.startswith("/") for each in rows):
        text += " The address is relative: it has no host."
    return text + (" Its download needs the key." if contract.link.auth == "required" else "")


def _calls_back(contract: Contract) -> str:
    if contract.callback is None:
        return "none"
    return "signed" if contract.callback.signature else "not signed"


def _callbacks(contract: Contract) -> str:
    """Where a create says whom to call, and the headers that a receiver verifies."""
    rule = contract.callback
    if rule is None:
        return "The document has no callbacks: the mock sends none, and a receiver cannot be tested with it."
    where = f"member `{rule.url}` of a create" if rule.parameter is None else f"query parameter `{rule.parameter}`"
    text = f"The {where} holds the address that is called."
    if rule.signature is None:
        return f"{text} Callbacks are not signed."
    signed = rule.signature
    headers = [code(name) for name in (signed.id_header, signed.timestamp_header) if name]
    beside = f", with {' and '.join(headers)}" if headers else ""
    over = signed.over.replace("\n", "\\n")
    return f"{text} Callbacks are signed: {code(signed.header)} is {code(signed.scheme)} over `{over}`{beside}."


def _open(contract: Contract) -> str:
    """Where the pages disagree or are silent, and the settings that choose between readings."""
    rows = list(records(RawDocument(contract.document)))
    text = "\n## Contradictions and gaps\n"
    if rows:
        kinds = {False: "contradiction", True: "gap"}
        text += table(
            ("name", "kind", "the vendor's pages", "how Screentest reads them"),
            ((code(each.name), kinds[each.silence], each.statement, each.reading) for each in rows),
        )
    else:
        text += "\nNone is recorded.\n"
    if contract.settings:
        settings = (
            (
                code(each.name),
                each.statement,
                "; ".join(f"{code(name)}: {about}" for name, about in each.readings.items()),
                code(each.chosen),
            )
            for each in contract.settings.values()
        )
        text += "\n## Settings\n\nThese pages can be read in several ways. "
        text += "A setting chooses a reading for the mock (`--setting NAME=READING`). "
        text += "The suites accept every reading.\n"
        text += table(("setting", "about", "readings", "default"), settings)
    return text


def _guesses(found: Iterable[Requirement[Any]]) -> str:
    """What no page of the vendor states; it fails no run."""
    text = ""
    for mark, title, about in (
        (Mark.ASSUMED, "Assumed", "No page states this. A server that differs gets a NOTE, and passes."),
        (
            Mark.DERIVED,
            "Derived",
            "This follows from the software, from an upstream or from an example. It is a NOTE, too.",
        ),
    ):
        rows = [(code(each.id), each.statement) for each in found if each.fact.mark is mark]
        text += f"\n## {title}\n\n{about}\n{table(('requirement', 'statement'), rows)}" if rows else ""
    return text
