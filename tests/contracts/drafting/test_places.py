"""Where an answer keeps its status, by names and by words."""

from typing import Any

import pytest

from screentest_contracts.drafting.places import places
from screentest_contracts.drafting.shapes import Shapes
from screentest_contracts.raw.document import RawDocument

LIFE = ("WAITING", "DRAWING", "DONE", "BROKEN")


def words(*named: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(named)}


def inside(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"cost": inside(state=words("HELD", "CHARGED", "RELEASED")), "phase": words(*LIFE)}, "/phase"),
        ({"cost": inside(state=words("HELD", "CHARGED")), "at": inside(step=words(*LIFE))}, "/at/step"),
        ({"status": words("ok", "error"), "job": inside(mood=words(*LIFE))}, "/job/mood"),
        ({"status": {"type": "string"}, "verdict": words("ok", "error")}, "/status"),
        ({"status": {"type": "string"}, "last": words("done", "failed")}, "/status"),
        ({"stage": {"type": "string"}}, "/stage"),
        ({"shape": words("round", "square")}, None),
    ],
)
def test_the_status_is_what_tells_of_a_whole_life(members: Any, pointer: str | None) -> None:
    """A price may have a state, too; two words are no life."""
    document = RawDocument({"openapi": "3.1.0", "components": {"schemas": {}}})
    found = places(Shapes(document), inside(**members), []).status
    assert (None if found is None else found.pointer) == pointer
