"""References replaced by what they name."""

from typing import Any
from urllib.parse import unquote

from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.nodes import references


def target_of(root: Any, reference: str) -> Any:
    """What a reference `#/...` names in `root`, or `MISSING`. It may be percent-encoded, as any URL."""
    return resolve(root, segments(unquote(reference[1:])))


def inlined(root: dict[str, Any]) -> dict[str, Any]:
    """A copy of `root` with every reference replaced, and with sorted members.

    What several references name is there once, as one object: size and time are those of `root`. What stands beside a
    reference is kept where the target does not say otherwise. A reference that leads back to where it stands stays.
    All references must be texts that begin with `#/` and lead somewhere.
    """
    done: dict[str, Any] = {}
    for _, first in references(root):
        stack, begun = [first], set()
        while stack:
            reference = stack[-1]
            if reference not in done and reference not in begun:
                begun.add(reference)
                inner = [name for _, name in references(target_of(root, reference))]
                stack += [name for name in inner if name not in done and name not in begun]
                continue
            stack.pop()
            if reference not in done:
                done[reference] = _copy(target_of(root, reference), done)
    copy: dict[str, Any] = _copy(root, done)
    return copy


_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})


def _copy(node: Any, done: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_copy(each, done) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    target = done.get(reference, MISSING) if isinstance(reference, str) else MISSING
    own = {
        key: _whole(node[key]) if key in _COUNTS and isinstance(node[key], float) else _copy(node[key], done)
        for key in sorted(node)
        if target is MISSING or key != "$ref"
    }
    if target is MISSING:
        return own
    return dict(sorted({**own, **target}.items())) if own and isinstance(target, dict) else target


def _whole(count: float) -> float:
    """A count as an integer: JSON Schema takes 5.0 for one."""
    return int(count) if count.is_integer() else count
