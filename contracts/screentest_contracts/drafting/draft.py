"""Puts the draft together: what the chosen operations need of the description, x-task after it, guesses marked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screentest_contracts.document import load_description
from screentest_contracts.drafting.callbacks import named_callback
from screentest_contracts.drafting.choosing import Choice, chosen, roles
from screentest_contracts.drafting.pruning import (
    declare_bodies,
    declare_refusals,
    drop_bad_values,
    drop_samples_of_answers,
    drop_unknown,
    name_bodies,
    pruned,
)
from screentest_contracts.drafting.refusals import undeclared
from screentest_contracts.drafting.shapes import Shapes
from screentest_contracts.drafting.task import Drafter, unjudged
from screentest_contracts.drafting.tidying import tidied
from screentest_contracts.drafting.writing import written, yaml_text
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.files import find_document


@dataclass(frozen=True, slots=True)
class Named:
    """The operations that the user names, each by its operationId or as `METHOD path`; None where init shall choose.
    `callback` may also be the request's member that takes the address: its name or pointer."""

    create: str | None = None
    query: str | None = None
    content: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """`task`: the drafted x-task; `left`: what a person must still look at; `text`: the whole document as YAML;
    `choice`: the operations it rests on."""

    task: Mapping[str, Any]
    left: tuple[str, ...]
    text: str
    choice: Choice


def draft_file(name: str, wanted: Named = Named()) -> Draft:
    """Drafts from a file. Raises UsageError for what is no OpenAPI 3 description, or has an x-task already."""
    file = Path(name) if os.path.exists(name) else find_document(name)
    loaded = load_description(file)
    raw = loaded.value
    if "x-task" in raw:
        raise UsageError(f"{name} has an x-task already", "`screentest lint` says what is wrong with it")
    text = file.read_text(encoding="utf-8-sig") if loaded.single else "{"
    return draft(raw, None if text.lstrip().startswith("{") else text, wanted)


def draft(raw: Mapping[str, Any], text: str | None = None, wanted: Named = Named()) -> Draft:
    """Drafts from a description. `text`: its own text, kept as it is where nothing in it must change."""
    whole = tidied(raw)
    shapes = Shapes(RawDocument(whole))
    choice = chosen(shapes, wanted.create, wanted.query)
    named = roles(shapes, choice, wanted.content)
    small = pruned(whole, {name for names in named.values() for name in names})
    unknown = drop_unknown(small)
    name_bodies(small, RawDocument(small), named["create"])
    dropped = drop_bad_values(small, RawDocument(small))
    open_ = declare_bodies(small, RawDocument(small))
    declare_refusals(RawDocument(small), undeclared(RawDocument(small), named))
    callback = named_callback(RawDocument(whole), choice.create, wanted.callback) if wanted.callback else None
    task, left = Drafter(Shapes(RawDocument(small)), named, callback).task()
    if task["roles"] != named:  # what could not be drafted
        small = pruned(small, {name for names in task["roles"].values() for name in names})
    if text is None or small != raw:
        drop_samples_of_answers(small, RawDocument(small))
    silent = unjudged(RawDocument(small), task)
    if silent:
        task["contradictions"] = [silent]
    if dropped:
        left.append(f"{dropped} examples and defaults that their own schema refuses were left out")
    if unknown:
        left.append(f"OpenAPI does not know these words where they stood, they were left out: {', '.join(unknown)}")
    if open_:
        left.append(f"no schema says what the bodies of these answers are: {', '.join(sorted(set(open_)))}")
    body = text if text is not None and small == raw else yaml_text(small, width=118, anchors=True)
    return Draft(task, tuple(left), f"{body.rstrip()}\n{written(task, left)}", choice)
