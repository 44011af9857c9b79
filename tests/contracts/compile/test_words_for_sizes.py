"""`x-stands-for`: words for a length, a shape or a size of the video."""

from typing import Any

import pytest

from screentest_contracts import DocumentError
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget


def words(tree: Any, member: str, **meant: Any) -> Any:
    """The small document with a member that has words, its first the default."""
    clip = tree["components"]["schemas"]["Clip"]["properties"]
    clip[member] = {"type": "string", "enum": list(meant), "default": next(iter(meant)), "x-stands-for": meant}
    aspect = {"quality": "resolution", "orientation": "ratio", "duration": "duration"}[member]
    tree["x-task"]["request"][aspect] = f"/{member}"
    tree["x-task"]["models"]["clip-1"]["output"] = {"echoes": [aspect]}
    return tree


def judged(contract: Any, name: str, deviation: str = "") -> Result:
    target = EmbeddedTarget(contract)
    target.mock.deviation = DEVIATIONS[deviation] if deviation else None
    return Judge(contract, target, Options(examples=2)).verdict(name).result


@pytest.mark.parametrize(
    ("member", "meant", "aspect", "deviation"),
    [
        ("quality", {"hd": "720p", "fhd": "1080p"}, "resolution", "wrong-resolution"),
        ("quality", {"small": "640x360", "large": "1280x720"}, "resolution", "wrong-resolution"),
        ("orientation", {"wide": "16:9", "upright": "9:16"}, "ratio", "wrong-ratio"),
        ("duration", {"short": 4, "long": 10}, "duration", "fixed-duration"),
    ],
)
def test_the_video_is_held_to_the_meaning(
    small_tree: Any, load_tree: Any, member: str, meant: dict[str, Any], aspect: str, deviation: str
) -> None:
    contract = load_tree(words(small_tree(), member, **meant))
    for name in (f"result.{aspect}", f"result.default.{aspect}"):
        assert judged(contract, name) is Result.PASSED
    found = {judged(contract, name, deviation) for name in (f"result.{aspect}", f"result.default.{aspect}")}
    assert Result.FAILED in found


def test_a_word_leaves_nothing_open(small_tree: Any, load_tree: Any) -> None:
    model = load_tree(words(small_tree(), "quality", hd="720p", fhd="1080p")).models["clip-1"]
    assert not model.leaves_open("resolution", "hd")
    assert model.leaves_open("resolution", "best")
    assert [model.meaning("resolution", each) for each in ("fhd", "best", 720)] == ["1080p", "best", 720]


@pytest.mark.parametrize("named", ["hd", "720p"])
def test_a_price_is_found_by_the_word_or_by_its_meaning(small_tree: Any, load_tree: Any, named: str) -> None:
    tree = words(small_tree(), "quality", hd="720p", fhd="1080p")
    price = {"models": ["*"], "per": "video", "currency": "USD"}
    tree["x-task"]["prices"] = [
        {**price, "resolution": named, "amount": 1},
        {**price, "resolution": "fhd", "amount": 9},
    ]
    contract = load_tree(tree)
    model = contract.models["clip-1"]
    assert [row.is_of_tier(model, "hd") for row in contract.prices] == [True, False]


@pytest.mark.parametrize(
    ("member", "meant", "problem"),
    [
        ("quality", {"hd": "sharp"}, "which no video has"),
        ("orientation", {"wide": "wide"}, "which no video has"),
        ("duration", {"short": "0"}, "which no video has"),
    ],
)
def test_a_meaning_that_is_none(
    small_tree: Any, load_tree: Any, member: str, meant: dict[str, Any], problem: str
) -> None:
    with pytest.raises(DocumentError, match=problem):
        load_tree(words(small_tree(), member, **meant))


def test_a_word_that_no_request_may_have(small_tree: Any, load_tree: Any) -> None:
    tree = words(small_tree(), "quality", hd="720p")
    tree["components"]["schemas"]["Clip"]["properties"]["quality"]["x-stands-for"]["uhd"] = "4k"
    with pytest.raises(DocumentError, match="its schema refuses the word"):
        load_tree(tree)
