"""Did you mean."""

import pytest

from screentest_contracts.suggestions import did_you_mean, nearest

KNOWN = ("evolink", "newapi", "nexusflow", "tokenbay", "tokenhot")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("evolnk", "evolink"),
        ("tokenhot2", "tokenhot"),
        ("tokenbey", "tokenbay"),
        ("nexusflow", "nexusflow"),
        ("nothing-like-it", None),
        ("", None),
    ],
)
def test_the_nearest_known_name(name: str, expected: str | None) -> None:
    assert nearest(name, KNOWN) == expected


def test_any_collection_of_names_will_do() -> None:
    assert nearest("evolnk", dict.fromkeys(KNOWN)) == nearest("evolnk", iter(KNOWN)) == "evolink"
    assert nearest("evolnk", ()) is None


def test_how_near_is_near() -> None:
    assert nearest("token", KNOWN, cutoff=0.9) is None
    assert nearest("evo", KNOWN, cutoff=0.5) == "evolink"


def test_a_hint_for_an_error() -> None:
    assert did_you_mean("evolnk", KNOWN, "known: many") == "did you mean evolink?"
    assert did_you_mean("nothing-like-it", KNOWN, "known: many") == "known: many"
    assert did_you_mean("evo", KNOWN, "known: many", cutoff=0.5) == "did you mean evolink?"
