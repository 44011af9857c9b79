"""A frame writes what its template renders."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.template import Frame, Template

TREE: Any = {
    "id": "{{id}}",
    "status": "{{status}}",
    "plain": [1, None, True, {}, [], '50% "quoted" \\'],
    "text": "{{model}}: {{prompt}} of {{id}}",
    "left": "{{reason||omit}}",
    "inner": {"a": "{{progress|percent}}", "list": ["{{reason||omit}}", "{{model}}", '{{prompt||""}}']},
    "coded": {"~json": {"id": "{{id}}", "model": "{{model}}"}},
    "code": {"~json": {"model": "{{model}}"}},
}
NAMES = ("id", "status", "model", "prompt", "reason", "progress")


class Given:
    """A context with these values."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def hole(self, name: str, argument: str) -> Any:
        return self.values.get(name)


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]))
values = st.fixed_dictionaries(
    {name: texts for name in NAMES if name != "progress"} | {"progress": st.integers(0, 100)}
)


@given(values, values, st.frozensets(st.sampled_from(NAMES)))
def test_a_frame_writes_what_the_template_renders(
    first: dict[str, Any], second: dict[str, Any], shared: frozenset[str]
) -> None:
    template = Template(TREE)
    frame = Frame(template, Given(first), shared)
    other = second | {name: first[name] for name in shared}
    for context in (Given(first), Given(other)):
        written = frame.write(context)
        if written is None:
            assert "reason" not in shared
            assert context.values["reason"] is None
        else:
            assert written == orjson.dumps(template.render(context))


@pytest.mark.parametrize("tree", ["{{id}}", "plain", {}, [], {"~json": {"id": "{{id}}"}}])
def test_bodies_of_other_forms(tree: Any) -> None:
    template, context = Template(tree), Given({"id": "a"})
    for shared in (frozenset[str](), frozenset(("id",))):
        assert Frame(template, context, shared).write(context) == orjson.dumps(template.render(context))
