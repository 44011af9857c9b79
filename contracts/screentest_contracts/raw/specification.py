"""The OpenAPI part of a description against the OpenAPI Specification, in our own words.

The structure is judged by the specification's own JSON Schema, what that cannot say by the OpenAPI validator.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from screentest_contracts.complaints import MOST, complaint
from screentest_contracts.errors import Problem
from screentest_contracts.location import pointer_of

_MEND = "mend the OpenAPI part"
_WORDS = {
    # what the validator finds: (what is wrong, what would mend it)
    "DuplicateOperationIDError": ("an operationId is there twice", "give every operation an operationId of its own"),
    "UnresolvableParameterError": (
        "a path and its path parameters do not fit together",
        "describe every {name} of the path as a parameter `in: path`, and no other",
    ),
    "ParameterDuplicateError": ("a parameter is there twice", "remove one"),
    "ExtraParametersError": ("`required` names a member that is not described", "describe it under `properties`"),
}


def openapi_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """What is not valid OpenAPI 3.0 or 3.1, by the version that it names."""
    old = str(raw["openapi"]).startswith("3.0")
    found = [
        Problem(pointer_of(tuple(map(str, error.instance_path))), complaint(error), _MEND)
        for error in _structure(old=old).iter_errors(raw)
    ]
    return found or _further(dict(raw), old=old)


@cache
def _structure(*, old: bool) -> jsonschema_rs.Validator:
    from openapi_spec_validator.schemas import schema_v30, schema_v31  # slow to import: only when asked for

    return jsonschema_rs.validator_for(dict(schema_v30 if old else schema_v31))


def _further(raw: dict[str, Any], *, old: bool) -> list[Problem]:
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    found = []
    try:
        for error in (OpenAPIV30SpecValidator if old else OpenAPIV31SpecValidator)(raw).iter_errors():
            name = type(error).__name__
            what, mend = _WORDS.get(name, ("a schema or a default value is not valid", "mend it"))
            at = "" if name == "ExtraParametersError" or name not in _WORDS else "/paths"
            found.append(Problem(at, _told(what, error), mend))
    except Exception as error:  # the validator itself stumbles over some broken structures
        found.append(
            Problem("", _told("the OpenAPI validator stopped here", f"{type(error).__name__}: {error}"), _MEND)
        )
    return found


def _told(what: str, detail: object) -> str:
    """Our sentence, and in parentheses what the validator says: it names names."""
    words = str(getattr(detail, "message", detail)).strip().splitlines()
    return f"{what} ({words[0][:MOST]})" if words else what
