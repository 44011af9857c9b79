"""Which model of one vendor is the same as which of another: by the family, version and kind that documents name."""

from dataclasses import dataclass

from screentest_contracts.contract import Contract, Model
from screentest_contracts.raw.nodes import mapping, sequence


@dataclass(frozen=True, slots=True)
class Kin:
    """What a model is, whatever a vendor calls it. Without a family it is only itself."""

    family: str
    version: str
    kinds: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(part for part in (self.family, self.version, "/".join(self.kinds)) if part)


@dataclass(frozen=True, slots=True)
class Pair:
    """A model and its counterpart: None where there is none. `exact`: of the same version; `stated`: both
    documents say theirs."""

    home: Model
    other: Model | None
    kin: Kin
    exact: bool
    stated: bool = True


def kin_of(contract: Contract, model: Model) -> Kin:
    """The kin that the document gives a model."""
    node = mapping(mapping(mapping(contract.document["x-task"]).get("models")).get(model.name)).get("match")
    if not isinstance(node, dict):
        return Kin(model.name, "", ())
    return Kin(str(node["family"]), str(node.get("version", "")), tuple(map(str, sequence(node["kind"]))))


def pairs(home: Contract, other: Contract) -> tuple[Pair, ...]:
    """Every model of `home` with the one of `other` that does the same: of its version, else of the nearest name."""
    there = [(kin_of(other, model), model) for model in other.models.values()]
    found = []
    for model in home.models.values():
        kin = kin_of(home, model)
        same = [
            (each, candidate)
            for each, candidate in there
            if each.family == kin.family and (each.kinds == kin.kinds or set(each.kinds) & set(kin.kinds))
        ]
        same.sort(key=lambda one: (one[0].version != kin.version, one[0].kinds != kin.kinds, one[1].name != model.name))
        best = same[0] if same else None
        exact = best is not None and best[0].version == kin.version
        stated = best is None or bool(kin.version and best[0].version)
        found.append(Pair(model, best[1] if best else None, kin, exact, stated))
    return tuple(found)
