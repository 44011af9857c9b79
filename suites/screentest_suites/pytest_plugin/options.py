"""The options of a run as pytest takes them."""

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from screentest_suites.core.run_options import PROVIDER, RUN_OPTIONS, Kind, RunOption

OPTIONS = [option for option in (PROVIDER, *RUN_OPTIONS) if option.pytest_help is not None]


def name_of(option: RunOption) -> str:
    """What an option is called in pytest."""
    return option.pytest_name or option.name


def dest_of(option: RunOption) -> str:
    """The attribute that holds its value."""
    return f"screentest_{option.field}"


def add_options(parser: pytest.Parser, group: pytest.OptionGroup) -> list[str]:
    """Adds the options; returns the names of those that the project or another plugin has already."""
    taken = _taken(parser)
    for option in OPTIONS:
        if name_of(option) not in taken:
            group.addoption(name_of(option), dest=dest_of(option), **_settings(option))
    return taken


def _taken(parser: pytest.Parser) -> list[str]:
    """Our options that others have: pytest tells so when they are added, or only when it parses, by its version."""

    def known(*names: str) -> bool:
        try:
            return len(parser.parse_known_and_unknown_args(names)[1]) < len(names)
        except (pytest.UsageError, argparse.ArgumentError):  # it is known, and wants a value
            return True

    names = [name_of(option) for option in OPTIONS]
    return [name for name in names if known(name)] if known(*names) else []


def _settings(option: RunOption) -> dict[str, Any]:
    settings: dict[str, Any] = {"help": option.pytest_help}
    if option.kind is Kind.FLAG:
        return settings | {"action": "store_true"}
    settings["metavar"] = option.pytest_metavar or option.metavar
    if option.kind is Kind.TEXTS:
        settings["action"] = "append"
    elif option.kind is not Kind.TEXT:
        settings |= {"type": _converter(option), "default": option.default}
    return settings


def _converter(option: RunOption) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = int(text) if option.kind is Kind.WHOLE else float(text)
        if not option.in_range(value):
            raise ValueError(text)
        return value

    return number


def given_values(config: pytest.Config) -> dict[str, Any]:
    """The values of the options that were given, or have a default, by the field of `RunSettings` that they set."""
    values: dict[str, Any] = {}
    for option in RUN_OPTIONS:
        value = config.getoption(dest_of(option), None)
        if value is not None:
            values[option.field] = tuple(value) if option.kind is Kind.TEXTS else value
    return values
