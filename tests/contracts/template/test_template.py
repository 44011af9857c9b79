"""Templates: every hole, every form, every mistake."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import (
    NAMES,
    NUMBERS,
    OMIT,
    PROGRESS_FORMS,
    TEXTS,
    TIMES,
    WITH_ARGUMENT,
    Template,
    digits,
    parse_hole,
    read_progress,
    write_progress,
)
from screentest_contracts.times import precision

TIME_FORMS = [
    "epoch-s",
    "epoch-ms",
    "epoch-ns",
    "epoch-s-string",
    "epoch-ms-string",
    "epoch-ns-string",
    "iso",
    "iso-ms",
    "iso-us",
    "iso-offset",
    "naive",
    "naive-ms",
    "naive+08:00",
    "naive-ms-03:30",
    "compact",
]


ARGUMENTS = {
    name: {"random": ":uuid", "answer_id": ":uuid", "account": ":uuid", "request": ":/a", "file_digest": ":sha256"}.get(
        name, ":x"
    )
    for name in WITH_ARGUMENT
}


class Given:
    """A context that knows these values; the argument of a hole is part of its name."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def hole(self, name: str, argument: str) -> Any:
        return self.values.get(name)


def render(tree: Any, **values: Any) -> Any:
    return Template(tree).render(Given(**values))


@pytest.mark.parametrize("name", sorted(NAMES - TIMES - {"progress", "text", "any"}))
def test_a_whole_hole_becomes_the_value_itself(name: str) -> None:
    argument = ARGUMENTS.get(name, "")
    for value in ("text", 7, 2.5, True, [1, {"a": None}]):
        assert render(f"{{{{{name}{argument}}}}}", **{name: value}) is value
    assert render(f"{{{{{name}{argument}}}}}") is None


@pytest.mark.parametrize("name", sorted(NAMES - TIMES - {"progress", "text", "any"}))
def test_a_hole_within_text_becomes_text(name: str) -> None:
    argument = ARGUMENTS.get(name, "")
    piece = f"<{{{{ {name}{argument}}}}}>" if argument else f"<{{{{ {name} }}}}>"
    shown = {"a b": "<a b>", 7: "<7>", 2.5: "<2.5>", 5.0: "<5>", True: "<true>"}
    for value, text in shown.items():
        assert render(piece, **{name: value}) == text
    assert render(piece, **{name: [1, "é"]}) == '<[1,"é"]>'
    assert render(piece) == "<>"


@pytest.mark.parametrize("form", TIME_FORMS)
@given(name=st.sampled_from(sorted(TIMES)), epoch=st.integers(1_000_000_000_000, 3_000_000_000_000))
def test_a_time_reads_back(name: str, form: str, epoch: int) -> None:
    seconds = epoch / 1000
    hole = parse_hole(f"{{{{{name}|{form}}}}}")
    written = render(f"{{{{{name}|{form}}}}}", **{name: seconds})
    assert abs(hole.read(written) - seconds) < precision(form) + 1e-5
    assert hole.problem(written) is None
    assert render(f"at {{{{{name}|{form}}}}}", **{name: seconds}) == f"at {written}"


@given(st.sampled_from(sorted(PROGRESS_FORMS)), st.integers(0, 100))
def test_progress_reads_back(form: str, progress: int) -> None:
    written = render(f"{{{{progress|{form}}}}}", progress=float(progress))
    assert read_progress(written, form) == pytest.approx(progress)
    assert type(written) is {"integer": int, "percent": str, "fraction": float, "string": str}[form]
    assert parse_hole(f"{{{{progress|{form}}}}}").problem(written) is None


def test_progress_is_cut_never_rounded_up() -> None:
    forms = ("integer", "percent", "string")
    assert [write_progress(99.99, form) for form in forms] == [99, "99%", "99"]
    assert [render(f"{{{{progress|{form}}}}}", progress=99.99) for form in forms] == [99, "99%", "99"]


@pytest.mark.parametrize(
    ("form", "value", "what"),
    [
        ("integer", 50.5, "an integer 0..100"),
        ("integer", True, "an integer 0..100"),
        ("integer", "50", "an integer 0..100"),
        ("integer", 101, "not within 0..100"),
        ("integer", -1, "not within 0..100"),
        ("percent", 50, '"50%"'),
        ("percent", "50", '"50%"'),
        ("percent", "50 %", '"50%"'),
        ("percent", "101%", "not within 0..100"),
        ("string", "50%", '"50"'),
        ("string", 50, '"50"'),
        ("fraction", 1.5, "not within 0..1"),
        ("fraction", float("nan"), "not within 0..1"),
        ("fraction", True, "a number 0..1"),
        ("fraction", "0.5", "a number 0..1"),
        ("fraction", None, "a number 0..1"),
    ],
)
def test_wrong_progress_is_named(form: str, value: Any, what: str) -> None:
    problem = parse_hole(f"{{{{progress|{form}}}}}").problem(value)
    assert problem is not None
    assert what in problem


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("upper", "720p", "720P"),
        ("lower", "720P", "720p"),
        ("digits", "720p", 720),
        ("string", 7, "7"),
        ("string", 5.0, "5"),
        ("string", "x", "x"),
        ("integer", "5", 5),
        ("integer", 5.9, 5),
        ("number", 5, 5.0),
        ("seconds", 5, "5s"),
        ("seconds", 5.0, "5s"),
    ],
)
def test_text_forms(form: str, value: Any, shown: Any) -> None:
    for name in NUMBERS | TEXTS:
        written = render(f"{{{{{name}|{form}}}}}", **{name: value})
        assert written == shown
        assert type(written) is type(shown)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("720p", 720),
        ("4k", 2160),
        ("2K", 1440),
        ("8k", 4320),
        ("3s", 3),
        (5, 5),
        (5.9, 5),
        ("1280x720", 1280),
        ("", None),
    ],
)
def test_digits(value: Any, number: int | None) -> None:
    assert digits(value) == number


@pytest.mark.parametrize(("written", "value"), [("0", 0), ("null", None), ('""', ""), ("[]", []), ("false", False)])
def test_unset_is_json(written: str, value: Any) -> None:
    assert render({"a": "{{started|epoch-s|" + written + "}}"}) == {"a": value}
    assert parse_hole("{{started|epoch-s|" + written + "}}").problem(value) is None
    assert render({"a": "{{seed||" + written + "}}"}) == {"a": value}
    assert render({"a": "{{started|epoch-s|" + written + "}}"}, started=1.0) == {"a": 1}


def test_unset_omit_leaves_the_member_out() -> None:
    tree = {
        "a": "{{started|epoch-s|omit}}",
        "b": ["{{seed||omit}}", 1],
        "c": {"d": "{{seed||omit}}"},
        "e": "s{{seed||omit}}",
    }
    assert render(tree) == {"b": [1], "c": {}, "e": "s"}
    assert render(tree, seed=3, started=9.0) == {"a": 9, "b": [3, 1], "c": {"d": 3}, "e": "s3"}
    assert parse_hole("{{seed||omit}}").unset is OMIT


def test_text_and_any_are_their_examples() -> None:
    assert render("{{text:Wait: a moment.}}") == "Wait: a moment."
    assert render("{{text:12}}") == "12"
    assert render("{{any:12}}") == 12
    assert render("{{any:[1, 2]}}") == [1, 2]
    assert render("{{any:words}}") == "words"
    assert render("{{text:a}}-{{any:1}}") == "a-1"


def test_json_within_a_string() -> None:
    tree = {"data": {"~json": {"id": "{{id}}", "again": {"~json": ["{{model}}"]}, "end": "{{finished|epoch-s|omit}}"}}}
    template = Template(tree)
    body = template.render(Given(id="a/b", model="m"))
    assert isinstance(body["data"], str)
    assert orjson.loads(body["data"]) == {"id": "a/b", "again": '["m"]'}
    assert [slot.pointer for slot in template.slots] == [
        "/data/~json/id",
        "/data/~json/again/~json/0",
        "/data/~json/end",
    ]
    assert resolve(body, segments(template.slots[1].pointer)) == "m"
    # only alone is `~json` a word of ours
    assert render({"~json": 1, "b": 2}) == {"~json": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{idd}}", "unknown hole 'idd'; known:"),
        ("{{id:x}}", "'id' takes no argument"),
        ("{{value}}", "'value' needs argument"),
        ("{{request}}", "'request' needs argument"),
        ("{{created}}", "needs a form such as epoch-s"),
        ("{{created|epoch}}", "not 'epoch'"),
        ("{{created|naive+8}}", "not 'naive+8'"),
        ("{{progress|parts}}", "no form 'parts'; known: fraction"),
        ("{{id|uper}}", "unknown form 'uper'; known: digits"),
        ("{{seed||nil}}", "'nil' is neither JSON nor omit"),
        ("{{random:base61:4}}", "unknown form of value: base61:4"),
        ("{{random:hex:x}}", "unknown form of value: hex:x"),
        ("{{id", "is not a hole"),
        ("{{id}} and {{", "is not a hole"),
        ("{{Id}}", "is not a hole"),
        ("{{id|a|b|c}}", "is not a hole"),
        ("{{}}", "is not a hole"),
    ],
)
@pytest.mark.parametrize("shape", ["{}", "before {} after"])
def test_mistakes_are_named(text: str, what: str, shape: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Template({"a": [shape.replace("{}", text)]})
    assert what in str(caught.value)


def test_literals_are_compared_and_holes_are_not() -> None:
    template = Template({"a": 1, "b": {"c": True, "e": {}}, "d": ["x", "{{id}}"]})
    assert template.mismatches({"a": 1, "b": {"c": True, "e": {}}, "d": ["x", "anything"]}) == []
    assert template.mismatches({"a": True, "b": {"c": 1, "e": {}}, "d": ["y"]}) == [
        ("/a", 1, True),
        ("/b/c", True, 1),
        ("/d/0", "x", "y"),
    ]
    assert template.mismatches({"b": {"c": True, "e": {}}, "d": ["x"]}) == [("/a", 1, MISSING)]
    assert template.mismatches({"b": {"c": True, "e": {}}, "d": ["x"]}, ignore=frozenset({"/a"})) == []


@pytest.mark.parametrize("hole", ["{{now|iso}}", "{{random:uuid}}", "{{items}}", "x{{random:hex:2}}"])
def test_volatile(hole: str) -> None:
    assert Template([hole]).volatile
    assert not Template(["{{id}}", "{{created|iso}}", "{{value:row}}", "now"]).volatile


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text().filter(lambda t: "{{" not in t)
)
KEYS = st.text().filter(lambda key: key != "~json")
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(TREES)
def test_a_tree_without_holes_renders_to_itself(tree: Any) -> None:
    template = Template(tree)
    assert template.render(Given()) == tree
    assert template.slots == ()
    assert template.mismatches(tree) == []


@given(TREES, st.text(min_size=1).filter(lambda text: "{" not in text), st.text())
def test_slots_say_where_values_stand(tree: Any, key: str, value: str) -> None:
    key = key if key != "~json" else "json"
    body_of = Template({"deep": [tree, {key: "{{id}}"}], "~": {"~json": {key: "{{id}}"}}})
    body = body_of.render(Given(id=value))
    found = [slot for slot in body_of.slots if slot.hole.name == "id"]
    assert [resolve(body, segments(slot.pointer)) for slot in found] == [value, value]
    assert all(slot.whole for slot in found)


@given(st.text())
def test_any_text_compiles_to_a_hole_or_is_refused(text: str) -> None:
    try:
        template = Template("{{" + text)
    except ValueError:
        return
    assert template.slots


@pytest.mark.parametrize(
    ("hole", "value", "good"),
    [
        ("{{started|epoch-s|0}}", 0, True),
        ("{{started|epoch-s|0}}", False, False),
        ("{{started|epoch-s|false}}", False, True),
        ("{{started|epoch-s|null}}", None, True),
        ("{{started|epoch-s|null}}", "", False),
        ("{{started|iso|omit}}", MISSING, True),
        ("{{started|iso|omit}}", None, False),
        ("{{started|iso}}", None, False),
    ],
)
def test_what_is_not_set_is_written_as_documented_and_not_otherwise(hole: str, value: Any, good: bool) -> None:
    assert (parse_hole(hole).problem(value) is None) == good
