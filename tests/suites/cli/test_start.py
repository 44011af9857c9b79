"""What commands load to start: what they do not need comes when it is asked for."""

import subprocess
import sys

import pytest

LAZY = {
    "screentest_suites.cli": ("screentest_contracts.contract", "screentest_mockserver", "httpx", "yaml", "rich"),
    "screentest_suites.cli.serve": (
        "screentest_contracts.requirements",
        "screentest_mockserver.behaviours",
        "screentest_suites.judging",
        "hypothesis",
        "schemathesis",
        "trustme",
    ),
}


@pytest.mark.parametrize("module", LAZY)
def test_what_is_not_needed_is_not_loaded(module: str) -> None:
    code = f"import sys; import {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert not set(LAZY[module]) & set(loaded)


def test_the_contracts_package_has_the_names_of_its_stub() -> None:
    import ast
    from pathlib import Path

    import screentest_contracts

    stub = Path(screentest_contracts.__file__).with_suffix(".pyi")
    named = {
        alias.name
        for node in ast.parse(stub.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == set(screentest_contracts.__all__)
    assert all(getattr(screentest_contracts, name) is not None for name in named)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = screentest_contracts.nothing
