"""Paths of requests, and what fills their holes."""

from urllib.parse import quote


def in_path(text: str, *, plain: bool | None = False) -> str:
    """A text as one segment of a path, percent-encoded; `plain`: with what a path may hold left as it is, slashes
    among it."""
    return quote(text, safe="/:@!$&'()*+,;=-._~" if plain else "-._~")


def filled(path: str, name: str, text: str, *, plain: bool | None = False) -> str:
    """The path with a text in the place of `{name}`."""
    return path.replace("{" + name + "}", in_path(text, plain=plain))
