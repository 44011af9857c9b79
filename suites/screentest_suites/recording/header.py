"""What a recording says of itself: `run.json`."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from screentest_contracts import load_contract
from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.core.files import json_text, write_text
from screentest_suites.core.options import Options
from screentest_suites.spending import Budget

FORMAT = 1
UNCOUNTED = -1
"""The events of a recording by a version that did not count them."""

NAME = "run.json"
SCHEMA = Path(__file__).with_name("recording.schema.json")


@dataclass(frozen=True)
class Header:
    """One provider's part of a run. `document` is what the user named; `accounts` are the roles that had a key;
    `events` is how many the run left, None before its end."""

    provider: str
    title: str
    document: str
    contract: str
    kind: str
    base_url: str
    started: float
    accounts: tuple[str, ...]
    callbacks: str | None
    timeout: float
    rate: float | None
    options: Mapping[str, Any]
    budget: Mapping[str, Any]
    tool: str = ""
    format: int = FORMAT
    events: int | None = None

    @property
    def run_options(self) -> Options:
        """The options of the run; those that this version does not know are left out."""
        known = {each.name for each in fields(Options)}
        values: dict[str, Any] = {name: value for name, value in self.options.items() if name in known}
        if values.get("assumed_price") is not None:
            values["assumed_price"] = Decimal(values["assumed_price"])
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return Options(**values)

    @property
    def run_budget(self) -> Budget:
        """What the run may spend."""
        amounts = {
            name: None if (text := self.budget.get(name)) is None else Decimal(text) for name in ("most", "assumed")
        }
        money, assumed_money = self.budget["money"], self.budget.get("assumed_money", "")
        return Budget(self.budget["limited"], amounts["most"], money, amounts["assumed"], assumed_money)

    def load(self) -> Contract:
        """The document as it is today. Raises UsageError when it is not where it was."""
        try:
            return load_contract(self.document)
        except UsageError as error:
            raise UsageError(error.message, f"the recording was made with {self.document}; {error.hint}") from None

    def write(self, folder: Path) -> None:
        """Writes `run.json` atomically."""
        write_text(folder / NAME, json_text(asdict(self)))


def plain(value: Options | Budget) -> dict[str, Any]:
    """Options or a budget as a header holds them."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(value), default=str))
    return values


def tool() -> str:
    """This version."""
    return version("screentest")


@cache
def validator(name: str) -> jsonschema_rs.Validator:
    """A validator of the schema's `header` or `event`."""
    schema = orjson.loads(SCHEMA.read_bytes())
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


def read_header(folder: Path) -> Header:
    """The header of a recording. Raises UsageError for what is none."""
    path = folder / NAME
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        hint = "give the folder that `--record` was given"
        raise UsageError(f"no recording in {folder}: {error.strerror}", hint) from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path} is not JSON: {error}", "it was changed after it was written") from None
    if isinstance(found, dict) and found.get("format", FORMAT) != FORMAT:
        raise UsageError(f"{path} has format {found['format']}, not {FORMAT}", "use the version that wrote it")
    problem = next(iter(validator("header").iter_errors(found)), None)
    if problem is not None:
        place = "/".join(map(str, problem.instance_path)) or "the whole"
        raise UsageError(f"{path}: {place}: {complaint(problem)[:200]}", "it was changed after it was written")
    values = {each.name: found[each.name] for each in fields(Header) if each.name != "events"}
    return Header(**{**values, "accounts": tuple(found["accounts"]), "events": found.get("events", UNCOUNTED)})


def recordings(directory: str) -> list[Path]:
    """The folders of a run, one per provider; or the folder itself. Raises UsageError when there is none."""
    root = Path(directory)
    if os.path.isfile(root / NAME):  # unlike Path.is_file, takes any name
        return [root]
    is_folder = os.path.isdir(root)
    found = sorted(path.parent for path in root.glob(f"*/{NAME}")) if is_folder else []
    if not found:
        where = "holds no recording" if is_folder else "is no folder"
        raise UsageError(f"{directory} {where}", "record one: screentest check NAME --target URL --record DIR")
    return found
