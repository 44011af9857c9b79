"""What a library is asked for: the first model of its document, with the body that the document calls minimal."""

from typing import Any

from screentest_contracts import load_contract
from screentest_contracts.contract import Model
from tests.clients.libraries import Library


def first_model(library: Library) -> Model:
    return next(iter(load_contract(library.document).models.values()))


def asked(library: Library, **more: Any) -> dict[str, Any]:
    """The minimal body, with more members."""
    return {**first_model(library).base, **more}
