"""The models that a user chooses: by the document's own name, or by the name on the wire, which several may share."""

from dataclasses import replace

import pytest

from screentest_contracts import UsageError
from screentest_suites.clients.situations import model_for
from screentest_suites.core.options import Options
from screentest_suites.targets.selection import check_models
from tests.providers import known


def test_a_model_of_several_modes_is_chosen_by_one_and_the_others_are_told() -> None:
    contract = known("runway")
    assert [model.name for model in Options(models=("gen4.5",)).models_of(contract)] == ["gen4.5"]
    assert check_models([contract], ("gen4.5",)) == [
        "Runway: gen4.5 alone; gen4.5-from-image is the same model in another mode (--model gen4.5-from-image)"
    ]
    assert check_models([contract], ("gen4.5", "gen4.5-from-image")) == []
    assert check_models([contract], ("gen4_turbo",)) == []
    assert model_for(contract, "gen4.5-from-image").name == "gen4.5-from-image"


def test_a_name_on_the_wire_chooses_every_mode() -> None:
    runway = known("runway")
    models = {f"{name}-x": replace(model, name=f"{name}-x") for name, model in runway.models.items()}
    contract = replace(runway, models=models)
    assert [model.name for model in Options(models=("gen4.5",)).models_of(contract)] == [
        "gen4.5-x",
        "gen4.5-from-image-x",
    ]
    assert check_models([contract], ("gen4.5",)) == []
    with pytest.raises(UsageError, match="no model 'gen5'"):
        check_models([contract], ("gen5",))
