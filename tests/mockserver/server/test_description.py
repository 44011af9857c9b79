"""The control plane's OpenAPI description: Schemathesis asks what it describes, and checks every answer by it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import positive_data_acceptance

from screentest_contracts import load_contract
from screentest_mockserver import ManualClock
from screentest_mockserver.server.control import control_description
from screentest_mockserver.server.run import running

OPERATIONS = [(path, method) for path, methods in control_description()["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    contracts = [load_contract(name) for name in ("evolink", "tokenbay")]
    with running(contracts, clock=ManualClock(1_780_000_000), seed=0) as (_, address):
        yield address


def test_it_is_openapi() -> None:
    document = control_description()
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert len(OPERATIONS) == 11


def test_it_is_served_and_guarded(serve: Callable[..., Any]) -> None:
    app = serve(load_contract("evolink"))
    assert app.control("/openapi.json").json() == control_description()
    assert app.control("/openapi.json", client="10.0.0.5").status_code == 403


def test_a_host_called_testclient_is_a_stranger(serve: Callable[..., Any]) -> None:
    app = serve(load_contract("evolink"))
    assert app.control("/health", client="testclient").status_code == 403


TOLD = (
    ("/clock/advance", "post"),
    ("/scenario", "post"),
    ("/deviation", "post"),
    ("/reset", "post"),
    ("/tasks", "get"),
    ("/journal", "get"),
)
"""Orders that are told something, which can be wrong."""

POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
MODES = [(path, method, POSITIVE) for path, method in OPERATIONS]
MODES += [(f"/_screentest{path}", method, NEGATIVE) for path, method in sorted(TOLD)]


@pytest.mark.parametrize(("path", "method", "mode"), MODES)
def test_it_answers_as_described(url: str, path: str, method: str, mode: schemathesis.GenerationMode) -> None:
    operation = schemathesis.openapi.from_dict(control_description())[path][method]
    # which names there are is no matter of form
    excluded = [positive_data_acceptance] if path.endswith(("/scenario", "/deviation")) else []

    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(base_url=url, excluded_checks=excluded)

    check()
