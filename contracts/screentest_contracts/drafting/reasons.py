"""Why a task failed, in the form that the schema of an answer gives it."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.drafting.places import Places
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shape, Shapes, plain
from screentest_contracts.raw.nodes import mapping

_CODES = ("errorcode", "errcode", "failurecode", "failcode", "errortype", "failuretype")
_TEXTS = ("errormessage", "errormsg", "errordetail", "failurereason", "failreason", "failuremessage", "failmsg")


def reason(shapes: Shapes, node: Any, shape: Shape) -> Any:
    """A reason for failing in the form of the error's schema."""
    properties = mapping(shape.get("properties"))
    if not properties:
        return _hole(shapes, node, shape, "{{reason}}")
    made = sample(shapes, {key: value for key, value in shape.items() if key not in ("example", "default", "nullable")})
    found: dict[str, Any] = dict(made) if isinstance(made, Mapping) else {}
    for name, member in properties.items():
        inner = shapes.of(member)
        kinds = set(inner.get("type", ())) - {"null"}
        if kinds <= {"string"} and not inner.get("enum"):
            if plain(name) in ("code", "errorcode"):
                found[str(name)] = "{{reason_code}}"
            elif plain(name) in ("message", "msg", "detail", "reason", "description", "errormessage"):
                found[str(name)] = "{{reason}}"
    return found or "{{reason}}"


def is_beside_error(places: Places, at: str) -> bool:
    """Whether a member tells of the failure, too: `errorCode` beside `errorMessage`."""
    around, _, name = at.rpartition("/")
    error = places.error
    return error is not None and error.pointer.rpartition("/")[0] == around and plain(name) in (*_CODES, *_TEXTS)


def reason_beside(shapes: Shapes, node: Any, shape: Shape, at: str) -> Any:
    """What such a member holds when a task has failed."""
    code = plain(at.rpartition("/")[2]) in _CODES
    return _hole(shapes, node, shape, "{{reason_code}}" if code else "{{reason}}")


def _hole(shapes: Shapes, node: Any, shape: Shape, hole: str) -> Any:
    kinds = set(shape.get("type", ())) - {"null"}
    return hole if (not kinds or "string" in kinds) and not shape.get("enum") else sample(shapes, node, "error")
