"""What an overlay must change of its base, and actions that cannot be carried out; the loader finds the latter."""

from collections.abc import Iterator

from screentest_contracts.lint.findings import Hit, Severity, stated
from screentest_contracts.raw.loaded import Loaded
from screentest_contracts.raw.nodes import mapping, server_urls

OVERLAY = stated(
    "document.overlay",
    Severity.ERROR,
    "Each action of an overlay changes something",
    "the Overlay Specification says what an action may do",
)
PROVIDER = stated(
    "overlay.provider",
    Severity.WARNING,
    "An overlay gives its provider a name of its own, and a server of its own a key of its own",
    "update $['x-task'].provider with `name`, `title` and `key`",
)


def kept(loaded: Loaded) -> Iterator[Hit]:
    """What an overlay keeps of its base although it should not; nothing for other documents."""
    if loaded.base is None:
        return
    mine, theirs = (mapping(mapping(each.value.get("x-task")).get("provider")) for each in (loaded, loaded.base))
    if mine.get("name") == theirs.get("name") and "name" in mine:
        yield Hit("/extends", f"the overlay keeps the name of its base, {mine['name']}: no command takes both at once")
    elsewhere = server_urls(loaded.value)[:1] != server_urls(loaded.base.value)[:1]
    if elsewhere and mine.get("key") == theirs.get("key") and "key" in mine:
        yield Hit("/extends", f"the server is another, and gets the key of the base's: {mine['key']}")
    if elsewhere and mine.get("kind") == theirs.get("kind") == "original":
        yield Hit("/extends", "the server is another, and still called an original: say `kind: gateway` or `software`")
