"""Values that real gateways take by mistake are caught by the requirement that names the member."""

from typing import Any

import pytest

from screentest_contracts.facts import Level
from screentest_contracts.location import resolve
from screentest_contracts.rules import is_public_host
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.core.verdicts import Finding, Result
from screentest_suites.requests.addresses import unusual_hosts


def meanings(tree: Any) -> None:
    """A tier and a shape beside the duration, and a second model with other limits."""
    schemas, task = tree["components"]["schemas"], tree["x-task"]
    clip = schemas["Clip"]
    clip["properties"] |= {
        "tier": {"type": "string", "enum": ["720p", "1080p"]},
        "shape": {"type": "string", "enum": ["16:9", "1:1"]},
        "style": {"type": "string", "enum": ["plain"]},
    }
    other = {"model": {"const": "clip-2"}, "style": {"type": "string", "enum": ["plain", "ink"]}}
    other["duration"] = {"type": "integer", "minimum": 2, "maximum": 30}
    schemas["Clip2"] = {**clip, "properties": {**clip["properties"], **other}}
    task["models"]["clip-2"] = {"schema": "Clip2", "base": {"model": "clip-2"}}
    task["request"] |= {"resolution": "/tier", "ratio": "/shape"}
    tree["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {"type": "object"}


def counted(tree: Any) -> None:
    """The seconds as a choice of texts."""
    seconds = {"type": "string", "enum": ["4", "8"], "default": "4"}
    tree["components"]["schemas"]["Clip"]["properties"]["duration"] = seconds


def taking(made: Any, member: str, *values: Any) -> None:
    """Makes the server take these values of a member, too."""

    def accepts(contract: Any, name: str, keyword: str, body: Any) -> bool:
        value = resolve(body, tuple(member.split(".")))
        return name == member and any(value == each and type(value) is type(each) for each in values)

    made.wire.mock.deviation = Deviation("takes-too-much", "", (), hooks=Hooks(accepts=accepts))


@pytest.mark.parametrize(
    ("document", "member", "value", "caught"),
    [
        (meanings, "tier", "540p", "tier.enum"),
        (meanings, "tier", "2k", "tier.enum"),
        (meanings, "shape", "9:21", "shape.enum"),
        (meanings, "shape", "3:2", "shape.enum"),
        (meanings, "style", "ink", "style.enum"),
        (meanings, "duration", 30, "duration.maximum"),
        (meanings, "duration", 3600, "duration.maximum"),
        (meanings, "duration", -1, "duration.minimum"),
        (meanings, "duration", 0, "duration.minimum"),
        (counted, "duration", "60", "duration.enum"),
        (counted, "duration", "5.5", "duration.enum"),
    ],
)
def test_what_is_valid_elsewhere_is_tried(bench: Any, document: Any, member: str, value: Any, caught: str) -> None:
    made = bench(document)
    assert made.judge(f"create.{caught}").result is Result.PASSED
    made = bench(document)
    taking(made, member, value)
    finding = made.judge(f"create.{caught}")
    assert finding.result is Result.FAILED
    assert repr(value) in finding.reason


def test_what_another_model_takes_is_refused_for_this_one_only(bench: Any) -> None:
    made = bench(meanings)
    taking(made, "style", "ink")
    assert made.judge("create.style.enum").reason.startswith("clip-1: style = 'ink' was accepted")


@pytest.mark.parametrize("words", [["unknown-value"], [{"values": ["540p"]}], ["any"]])
def test_what_the_document_tolerates_is_not_tried(bench: Any, words: list[Any]) -> None:
    def tolerant(tree: Any) -> None:
        meanings(tree)
        for name in ("Clip", "Clip2"):
            tier = dict(tree["components"]["schemas"][name]["properties"]["tier"], **{"x-tolerates": words})
            tree["components"]["schemas"][name]["properties"]["tier"] = tier

    made = bench(tolerant)
    taking(made, "tier", "540p")
    assert made.judge("create.tier.enum").result is not Result.FAILED


# -- numbers as texts ---------------------------------------------------------------------------------------------


def test_a_number_as_a_text_is_a_lesser_matter(bench: Any) -> None:
    made = bench()
    assert made.requirement("create.duration.numeric-text").level is Level.SHOULD
    assert made.judge("create.duration.numeric-text").result is Result.PASSED
    taking(made, "duration", "4")
    finding = made.judge("create.duration.numeric-text")
    assert (finding.result, finding.reason) == (Result.FAILED, "clip-1: duration = '4' was accepted with 200")
    assert made.judge("create.duration.type").result is Result.PASSED


def assumed(tree: Any) -> None:
    tree["components"]["schemas"]["Clip"]["properties"]["duration"]["x-mark"] = "assumed"


def test_it_is_a_note_where_the_type_is_assumed(bench: Any) -> None:
    assert bench(assumed).requirement("create.duration.numeric-text").level is Level.NOTE


# -- addresses ----------------------------------------------------------------------------------------------------

LINK_LOCAL = "https://169.254.0.0/hook"


def judged(made: Any) -> tuple[Finding, Finding]:
    return made.judge("create.callback_url.public-url"), made.judge("create.callback_url.public-url.other")


@pytest.mark.parametrize(
    ("address", "documented"),
    [
        ("https://10.255.255.255/hook", True),
        ("https://172.31.255.255/hook", True),
        ("https://127.0.0.1/hook", True),
        ("http://media.example.com/hook", True),
        (LINK_LOCAL, False),
        ("https://100.127.255.255/hook", False),
        ("https://[::1]/hook", False),
        ("https://[::ffff:127.0.0.1]/hook", False),
        ("https://2130706433/hook", False),
        ("https://0177.00.00.01/hook", False),
        ("https://0x7f000001/hook", False),
        ("https://localhost./hook", False),
        ("https://media.example.com@127.0.0.1/hook", False),
        ("ftp://media.example.com/hook", False),
    ],
)
def test_addresses_of_own_networks(bench: Any, address: str, documented: bool) -> None:
    made = bench()
    assert [finding.result for finding in judged(made)] == [Result.PASSED, Result.PASSED]
    taking(made, "callback_url", address)
    expected = [Result.FAILED, Result.PASSED]
    assert [finding.result for finding in judged(made)] == (expected if documented else expected[::-1])


def test_the_unusual_ones_are_a_note_and_the_others_what_the_document_says(bench: Any) -> None:
    made = bench()
    assert made.requirement("create.callback_url.public-url").level is Level.MUST
    assert made.requirement("create.callback_url.public-url.other").level is Level.NOTE


def test_the_document_may_name_further_ranges(bench: Any) -> None:
    def ranged(tree: Any) -> None:
        rule = {"schemes": ["https"], "ranges": ["127.0.0.0/8", "169.254.0.0/16"]}
        tree["components"]["schemas"]["Clip"]["properties"]["callback_url"]["x-public-url"] = rule

    made = bench(ranged)
    taking(made, "callback_url", LINK_LOCAL)
    assert [finding.result for finding in judged(made)] == [Result.FAILED, Result.PASSED]


def test_no_unusual_host_is_public() -> None:
    hosts = list(unusual_hosts(("127.0.0.0/8",)))
    assert len(set(hosts)) == len(hosts)
    assert [host for host in hosts if is_public_host(host)] == []
