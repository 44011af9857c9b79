"""Requests: what should be refused is accepted, and the other way round."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract import Constraint, Contract, Model
from screentest_contracts.location import MISSING, resolve
from screentest_contracts.parameters import NUMERIC_TEXT, UNUSUAL_URL, leaves_open
from screentest_contracts.rules import is_public_host
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import Hooks

Refuses = Callable[[Model, Any], str | None]


def constraints(contract: Contract, *kinds: str) -> Iterator[Constraint]:
    """Every constraint of these kinds, over all models."""
    return (each for model in contract.models.values() for each in model.constraints if each.kind in kinds)


def _excess(contract: Contract, word: str) -> bool:
    """Whether too long a text is documented to be cut, or refused."""
    return any(each.value.get("excess") == word for each in constraints(contract, "x-text-limit"))


def _accepts(name: str, about: str, kinds: str, slugs: str, applies: Applies | None = None, *, kin: str = "") -> None:
    """`kin`: slugs of constraints that may stand in the same keyword, and so fall with it. `applies`: where a body has
    such a constraint, unless it says otherwise; parameters beside the body may have one, too."""
    words = frozenset(kinds.split())

    def in_bodies(contract: Contract) -> bool:
        return any(True for _ in constraints(contract, *words))

    def accepts(contract: Contract, member: str, keyword: str, body: Any) -> bool:
        return keyword in words

    breaks, near = (
        tuple(f"create.*{slug}{end}" for slug in each.split() for end in ("", ".assumed")) for each in (slugs, kin)
    )
    also = (*near, "create.generated.refuses", "error.create.invalid-body*", "list.schema")  # lists show what was taken
    register(Deviation(name, about, breaks, applies or in_bodies, also=also, hooks=Hooks(accepts=accepts)))


_accepts(
    "accepts-below-minimum",
    "a number below its minimum is accepted",
    "minimum exclusiveMinimum",
    ".minimum .exclusive-minimum",
)
_accepts(
    "accepts-above-maximum",
    "a number above its maximum is accepted",
    "maximum exclusiveMaximum",
    ".maximum .exclusive-maximum",
)
_accepts("accepts-unknown-values", "a value outside of the documented list is accepted", "enum const", ".enum")
_accepts("accepts-wrong-types", "a value of another type is accepted", "type", ".type")
_accepts(
    "accepts-missing-members",
    "a required member may be missing",
    "required",
    ".required",
    kin=".type",  # an empty list for an object may mean another mode of the model, which lacks a member then
)
_accepts("accepts-too-few-items", "a list may be shorter than documented", "minItems", ".min-items")
_accepts("accepts-too-many-items", "a list may be longer than documented", "maxItems", ".max-items")
_accepts(
    "accepts-too-long-text",
    "a text may be longer than documented",
    "maxLength x-text-limit",
    ".max-length .text-limit",
    lambda contract: any(True for _ in constraints(contract, "maxLength")) or _excess(contract, "refuse"),
)
_accepts("accepts-any-pattern", "a text need not have the documented form", "pattern", ".pattern")
_accepts(
    "accepts-private-addresses",
    "private and loopback addresses are accepted",
    "x-public-url",
    ".public-url .public-url.other",
    lambda contract: any(True for _ in constraints(contract, "x-public-url")),
)
_accepts(
    "accepts-none-of-the-alternatives",
    "none of several alternative members needs to be there",
    "anyOf oneOf",
    ".one-of",
    everywhere,  # alternatives of required members are a rule of a kind of its own
    kin=".any-of .exactly-one",
)
_accepts(
    "accepts-any-mixture",
    "a list may hold too few or too many items of one kind",
    "contains minContains maxContains",
    ".contains",
)
_accepts(
    "accepts-unknown-members",
    "members that nobody documented are accepted",
    "additionalProperties unevaluatedProperties",
    ".unknown",
)
_accepts(
    "accepts-broken-conditions",
    "what holds under a condition, or beside another member, is not checked",
    "if dependentRequired dependentSchemas",
    ".if-* .dependent-required .dependent-schema",
)
_accepts("accepts-what-is-excluded", "what must not be is accepted", "not", ".not")
_accepts(
    "accepts-other-forms",
    "a value may have none of its forms, or several",
    "anyOf oneOf",
    ".any-of .exactly-one",
    kin=".one-of",
)
_accepts("accepts-any-names", "members may have any names", "propertyNames", ".property-names")
_accepts("accepts-between-steps", "a number need not be a multiple of its step", "multipleOf", ".multiple-of")
_accepts("accepts-equal-items", "a list may hold an item twice", "uniqueItems", ".unique-items")


def _empty_text(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    """An empty text, which rarely has the form that the member needs, either."""
    return keyword == "minLength" or (keyword in ("pattern", "format") and _value(member, body) == "")


def _no_address(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    return keyword == "format" or (keyword in ("x-public-url", "pattern") and "://" not in str(_value(member, body)))


def _value(member: str, body: Any) -> Any:
    """The value at a dotted member, the first item of each list on the way."""
    for part in member.split("."):
        body = body[0] if isinstance(body, list) and body else body
        body = body.get(part) if isinstance(body, dict) else None
    return body[0] if isinstance(body, list) and body else body


for _name, _about, _hook, _slug in (
    ("accepts-too-short-text", "a text may be shorter than documented", _empty_text, "min-length"),
    ("accepts-any-format", "what is no address is accepted as one", _no_address, "format"),
):
    register(
        Deviation(
            _name,
            _about,
            (f"create.*.{_slug}", f"create.*.{_slug}.assumed"),
            hooks=Hooks(accepts=_hook),
            also=("create.generated.refuses", "error.create.invalid-body*"),
        )
    )


def _unusual_address(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    """An address of an own network that is no plain one of IPv4."""
    try:
        parts = urlsplit(str(_value(member, body)))
        host = parts.hostname or ""
    except ValueError:
        return False
    web = keyword == "x-public-url" and parts.scheme in {"http", "https"}
    return web and not (_is_ipv4(host) or is_public_host(host))


def _is_ipv4(host: str) -> bool:
    try:
        return ip_address(host).version == 4
    except ValueError:
        return False


register(
    Deviation(
        "accepts-unusual-addresses",
        "addresses of this machine are accepted where they are no plain IPv4 ones",
        ("create.*.public-url.other",),
        also=("create.generated.refuses", "error.create.invalid-body*"),
        hooks=Hooks(accepts=_unusual_address),
        applies=lambda contract: any(True for _ in constraints(contract, UNUSUAL_URL)),
    )
)


def _number_as_text(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    return keyword == "type" and _is_numeric(resolve(body, tuple(member.split("."))))


def _is_numeric(value: Any) -> bool:
    return isinstance(value, str) and value.isdecimal()


register(
    Deviation(
        "accepts-numbers-as-text",
        'the number 5 may be written "5"',
        ("create.*.numeric-text", "create.*.numeric-text.assumed"),
        also=("create.generated.refuses",),
        hooks=Hooks(accepts=_number_as_text),
        applies=lambda contract: any("enum" not in each.schema for each in constraints(contract, NUMERIC_TEXT)),
    )
)


def _refuses(
    name: str,
    about: str,
    slugs: str,
    kinds: str,
    found: Callable[[Constraint, Any], bool],
    applies: Applies = everywhere,
) -> None:
    """Refuses a body whose member, unlike the model's minimal request, is `found` by its constraint."""
    words = frozenset(kinds.split())

    def refuses(model: Model, body: Any) -> str | None:
        for constraint in model.constraints:
            if constraint.kind in words:
                path = tuple("0" if part == "*" else part for part in constraint.path)
                value, base = resolve(body, path), resolve(model.base, path)
                if value is not MISSING and value != base and found(constraint, value) and not found(constraint, base):
                    return constraint.name
        return None

    def room(contract: Contract) -> bool:
        """Whether some extreme must be taken, and is not what the minimal request has itself."""
        return applies(contract) and any(
            each.kind in words
            and not leaves_open(each.schema, each.value)
            and not found(each, resolve(model.base, tuple("0" if part == "*" else part for part in each.path)))
            for model in contract.models.values()
            for each in model.constraints
        )

    ends = ("", ".assumed", ".accepted", ".accepted.assumed")
    breaks = tuple(f"create.*{slug}{end}" for slug in slugs.split() for end in ends)
    register(
        Deviation(
            name, about, breaks, room, also=("create.*", "result.*", "callback.events"), hooks=Hooks(refuses=refuses)
        )
    )


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list) else -1


def _units(rule: Any, value: Any) -> int:
    wide = int(rule.get("wide", 1))
    return sum(wide if ord(character) > 0x2E80 else 1 for character in value) if isinstance(value, str) else -1


_refuses("refuses-the-minimum", "the documented minimum is refused", ".minimum", "minimum", lambda c, v: v == c.value)
_refuses("refuses-the-maximum", "the documented maximum is refused", ".maximum", "maximum", lambda c, v: v == c.value)
_refuses(
    "refuses-a-documented-value",
    "the last value of a documented list is refused",
    ".enum",
    "enum",
    lambda c, v: v == c.value[-1],
)
_refuses(
    "refuses-a-full-list",
    "a list with the greatest number of items is refused",
    ".max-items",
    "maxItems",
    lambda c, v: _length(v) == c.value,
)
_refuses(
    "refuses-the-longest-text",
    "a text of the greatest length is refused",
    ".max-length .text-limit",
    "maxLength x-text-limit",
    lambda c, v: _length(v) == c.value if c.kind == "maxLength" else _units(c.value, v) == c.value["units"],
)
_refuses(
    "refuses-instead-of-cutting",
    "a text that is to be cut off is refused",
    ".text-limit",
    "x-text-limit",
    lambda c, v: c.value.get("excess") == "cut" and _units(c.value, v) > c.value["units"],
    lambda contract: _excess(contract, "cut"),
)
_refuses(
    "refuses-ignored-members",
    "a member without effect is refused",
    ".ignored",
    "x-ignored",
    lambda c, v: v is not MISSING,
)
_refuses(
    "counts-wide-characters-twice",
    "wide characters count twice as much as documented",
    ".text-limit",
    "x-text-limit",
    lambda c, v: _units({"wide": 2 * int(c.value.get("wide", 1))}, v) > c.value["units"] >= _units(c.value, v),
)
