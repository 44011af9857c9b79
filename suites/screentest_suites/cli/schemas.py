"""`screentest schema`: the JSON Schemas of documents and of what runs leave."""

import importlib.resources
from typing import Any

import orjson

from screentest_openapi import HERE
from screentest_suites.cli.tables import print_json

FILES = {
    "x-task": ("screentest_openapi", "x-task.schema.json"),
    "overlay": ("screentest_openapi", "overlay.schema.json"),
    "report": ("screentest_suites.reporting", "report.schema.json"),
    "recording": ("screentest_suites.recording", "recording.schema.json"),
}
"""Package and file of each schema that is a file of its own."""


def show_schema(name: str) -> None:
    """Prints a schema."""
    if name == "document":
        print_json(document_schema())
    else:
        package, file = FILES[name]
        print_json(orjson.loads(importlib.resources.files(package).joinpath(file).read_bytes()))


def document_schema() -> dict[str, Any]:
    """The schema of a whole provider document: one file without references to others, since editors follow few. It says
    nothing of what OpenAPI defines."""
    task = orjson.loads((HERE / "x-task.schema.json").read_bytes())
    shared = task.pop("$defs")
    return {
        "$schema": task.pop("$schema"),
        "$id": task.pop("$id").replace(":x-task:", ":document:"),
        "title": "A provider document of Screentest",
        "type": "object",
        "properties": {"x-task": {"$ref": "#/$defs/x-task"}},
        "$defs": {"x-task": task, **shared},
    }
