"""The client libraries that judge the mocks, the steps of a task's life, and the page that tells how they fare."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

STEPS: Mapping[str, str] = {
    "create": "a task is made, and the answer has the library's own types",
    "wait": "the library's own waiting helper follows it to its end",
    "download": "the result in a file, an MP4 that plays",
    "list": "tasks are listed, page by page",
    "cancel": "a task is cancelled or deleted",
    "failed task": "what a task that failed looks like",
    "wrong key": "the error for a key that nobody has",
    "429": "what the library does when it is too fast",
    "500": "what the library does when the server fails",
    "lost answer": "the create is taken, and the connection drops without an answer",
    "invalid parameter": "the error for a value that the document refuses",
    "async": "the asynchronous client, from the create to the end",
}
"""Each with what it stands for."""


@dataclass(frozen=True)
class Library:
    """A client library by its name on PyPI, with the document of the mock that it talks to.

    `module` is what is imported; `tls` that it speaks HTTPS only; `lacks` are the steps that it does not have, with
    the reason.
    """

    name: str
    document: str
    module: str
    tls: bool = False
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str | None:
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    def load(self, module: str = "") -> Any:
        """The imported module (default: the library's own). Skips the test module where it is not installed. What a
        library warns of as it is imported is its own affair."""
        if self.version is None:
            pytest.skip(f"{self.name} is not installed: `nox -s clients` has it", allow_module_level=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module or self.module)


_ALL = [
    Library("openai", "openai", "openai"),
    Library("dashscope", "dashscope", "dashscope"),
    Library(
        "volcengine-ark-runtime",
        "ark",
        "volcenginesdkarkruntime",
        lacks={"wait": "there is none: users poll `get`. `volcengine-python-sdk[ark]` installs this library"},
    ),
    Library("replicate", "replicate", "replicate", tls=True),
    Library(
        "fal-client",
        "fal",
        "fal_client",
        tls=True,
        lacks={"list": "there is none: the queue lists nothing"},
    ),
    Library(
        "google-genai",
        "gemini",
        "google.genai",
        tls=True,
        lacks={
            "wait": "there is none: users poll `operations.get`",
            "list": "there is none",
            "cancel": "there is none",
            "lost answer": "from 3.0 on it sends no create",
            "invalid parameter": "from 3.0 on it sends no create",
        },
    ),
    Library("runwayml", "runway", "runwayml", lacks={"list": "there is none: the API lists no tasks"}),
    Library("lumaai", "luma", "lumaai", lacks={"wait": "there is none: users poll `generations.get`"}),
]
LIBRARIES = {each.name: each for each in _ALL}
