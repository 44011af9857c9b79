"""Lists as a sentence has them."""

from collections.abc import Collection, Iterable

LISTED = 4
"""Names that a sentence lists; of more it shows fewer, and counts the others."""


def listing(words: Iterable[str], conjunction: str = "and", *, most: int = LISTED) -> str:
    """`A`, `A and B`, `A, B and C`; of more than `most`: `A, B, C and 4 more`. Each word once; "" for none."""
    found = list(dict.fromkeys(words))
    if len(found) > most:
        found[most - 1 :] = [f"{len(found) - most + 1} more"]
        conjunction = "and"
    head, tail = found[:-1], found[-1:]
    return f" {conjunction} ".join([", ".join(head), *tail] if head else tail)


def of_models(names: Iterable[str], known: Collection[str]) -> str:
    """Of which of the `known` models a sentence speaks, as a sentence of its own: `All models.`, `All models but A and
    B.`, `Models: A, B, C and 4 more.`; the shorter one."""
    named = dict.fromkeys(names)
    others = [name for name in known if name not in named]
    if not others:
        return "All models."
    if len(others) < min(len(named), LISTED):
        return f"All models but {listing(others)}."
    return f"Model{'s' if len(named) > 1 else ''}: {listing(named)}."
