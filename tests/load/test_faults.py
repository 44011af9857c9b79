"""Servers that are wrong only under load, and right ones, all under the same load."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from screentest_suites.load.settings import LoadSettings
from tests.load.conftest import needs_locust
from tests.load.faulty import FAULTS, LIMITED, SOUND

pytestmark = needs_locust

Loaded = Callable[[Mapping[str, LoadSettings]], Mapping[str, dict[str, Any]]]

FEW = ("id-race", "progress-of-another", "callback-of-another")
"""Faults that every run tries: importing Locust costs more than they do."""

IN_TIME = 60.0
"""Seconds that no server needs."""

IN_VAIN = {"never-ends": {"task_timeout": 2.0}, "callback-lost": {"callback_patience": 2.0}}
"""What is waited for in vain where a fault shows: a sound server is given all the time of the world."""


def settings_of(name: str) -> LoadSettings:
    waits = {"task_timeout": IN_TIME, "callback_patience": 2.0 if name in FAULTS else IN_TIME, **IN_VAIN.get(name, {})}
    return LoadSettings(users=8, tasks=24, poll_interval=0.03, callback_listen="127.0.0.1:0", speed=150, **waits)


def failed(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in document["requirements"] if row["verdict"] in ("failed", "error")}


def check(loaded: Loaded, names: Iterable[str]) -> None:
    for name, document in loaded({name: settings_of(name) for name in names}).items():
        broken = failed(document)
        if name not in FAULTS:
            assert not broken, (name, broken)
            assert document["load"]["tasks"] == document["observed"][0]["tasks"]["succeeded"] - 2 == 24
            continue
        row = broken[FAULTS[name]]
        assert row["level"] == "MUST", name
        assert row["reason"].startswith("only under load"), (name, row["reason"])
        assert row["load"]["rest"] != "broken", name
        assert 0 < row["load"]["tasks"] <= row["load"]["of"] <= 24, (name, row["load"])
        assert all(evidence["exchanges"] for evidence in row["evidence"]), name


def test_some_faults_and_sound_servers(loaded: Loaded) -> None:
    check(loaded, (SOUND, LIMITED, *FEW))


@pytest.mark.slow
def test_all_other_faults(loaded: Loaded) -> None:
    check(loaded, [name for name in FAULTS if name not in FEW])
