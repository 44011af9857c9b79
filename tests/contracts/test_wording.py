"""Lists as a sentence has them."""

import pytest

from screentest_contracts.wording import listing, of_models

MANY = [f"m{number}" for number in range(1, 8)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "a"], "a and b"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
        (MANY, "m1, m2, m3 and 4 more"),
    ],
)
def test_a_list_is_folded_where_it_is_long(words: list[str], told: str) -> None:
    assert listing(words) == told


def test_another_conjunction_is_for_the_last_word_alone() -> None:
    assert listing(["a", "b", "c"], "or") == "a, b or c"
    assert listing(["a", "b", "c"], "or", most=2) == "a and 2 more"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (MANY, "All models."),
        (MANY + MANY, "All models."),
        (MANY[1:], "All models but m1."),
        (MANY[3:], "All models but m1, m2 and m3."),
        (MANY[4:], "Models: m5, m6 and m7."),
        (MANY[:4], "All models but m5, m6 and m7."),
        (MANY[:1], "Model: m1."),
    ],
)
def test_the_shorter_of_the_named_and_the_others_is_told(names: list[str], told: str) -> None:
    assert of_models(names, MANY) == told


def test_many_of_very_many_are_folded() -> None:
    known = [f"m{number}" for number in range(20)]
    assert of_models(known[:10], known) == "Models: m0, m1, m2 and 7 more."
