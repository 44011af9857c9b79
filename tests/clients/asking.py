"""What a library is asked for: a model of its document, with the body that the document calls minimal."""

from typing import Any

from screentest_contracts import load_contract
from screentest_contracts.contract import Model
from tests.clients.libraries import Library


def first_model(library: Library, call: str = "") -> Model:
    """The document's first model, or the first that is made by a call whose path ends so."""
    models = load_contract(library.document).models.values()
    return next(model for model in models if model.operations[0].path.endswith(call))


def asked(library: Library, call: str = "") -> dict[str, Any]:
    """The minimal body of that model."""
    return dict(first_model(library, call).base)
