"""Random-looking values in named forms."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.generate import check_form, derived, generate

FORMS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "base62:32": r"[0-9A-Za-z]{32}",
    "base62:1": r"[0-9A-Za-z]",
    "lower:8": r"[0-9a-z]{8}",
    "hex:256": r"[0-9a-f]{256}",
    "digits:19": r"[0-9]{19}",
}


@pytest.mark.parametrize("form", FORMS)
@given(seed=st.integers())
def test_each_form(form: str, seed: int) -> None:
    check_form(form)
    value = generate(form, Random(seed))
    assert isinstance(value, str)
    assert re.fullmatch(FORMS[form], value)
    assert generate(form, Random(seed)) == value


@pytest.mark.parametrize("form", ["base62:32", "lower:32", "hex:32", "digits:32"])
def test_every_character_of_an_alphabet_is_used(form: str) -> None:
    random = Random(1)
    seen = set("".join(str(generate(form, random)) for _ in range(200)))
    assert len(seen) == {"base62:32": 62, "lower:32": 36, "hex:32": 16, "digits:32": 10}[form]


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers())
def test_integers_keep_their_bounds(low: int, span: int, seed: int) -> None:
    value = generate(f"integer:{low}:{low + span}", Random(seed))
    assert isinstance(value, int)
    assert low <= value <= low + span


@pytest.mark.parametrize(
    "form",
    [
        *(
            "",
            "uuid:4",
            "base62",
            "base62:",
            "base62:0",
            "base62:257",
            "hex:x",
            "hex:-1",
            "hex:4:5",
            "integer",
            "integer:1",
        ),
        *("integer:5:1", "integer:1:2:3", "integer:a:b", "base61:4", "UUID"),
    ],
)
def test_other_forms_are_refused_by_name(form: str) -> None:
    with pytest.raises(ValueError, match="unknown form of value") as caught:
        check_form(form)
    assert str(caught.value).endswith(form)


@given(st.text(), st.text(), st.text())
def test_a_derived_value_belongs_to_its_seed_and_name(seed: str, other: str, name: str) -> None:
    value = derived("uuid", seed, name)
    assert value == derived("uuid", seed, name)
    if other != seed:
        assert value != derived("uuid", other, name)
    if other != name:
        assert value != derived("uuid", seed, other)
