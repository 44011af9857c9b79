"""Probes of a mode: what is valid in another mode of the model is not expected to be refused."""

from pathlib import Path

from screentest_contracts import load_contract
from screentest_suites.requests.probes import probes
from screentest_suites.requests.samples import variation

MODES = Path(__file__).parents[2] / "documents" / "modes.yaml"


def test_a_request_of_another_mode_is_no_probe() -> None:
    contract = load_contract(MODES)
    model = contract.models["boat-2-from-image"]
    required = next(each for each in model.constraints if each.name == "image" and each.kind == "required")
    assert list(probes(model, required)) == []
    assert model.tells_mode(required)
    seconds = next(each for each in model.constraints if each.name == "seconds" and each.kind == "enum")
    assert {probe.body["seconds"]: probe.accept for probe in probes(model, seconds)}[8]
    assert all("image" in probe.body for probe in probes(model, seconds))


def test_each_mode_is_varied_within_its_own_rules() -> None:
    contract = load_contract(MODES)
    assert variation(contract.models["boat-2-from-image"])["seconds"] == 8
    assert variation(contract.models["boat-2"])["size"] == "720:1280"
