"""`screentest show`: a document as one text, whatever files hold it."""

import sys

import orjson

from screentest_contracts.errors import DocumentError, UsageError
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import Loaded, load
from screentest_contracts.raw.text import json_problems
from screentest_contracts.suggestions import did_you_mean


def show_document(name: str, at: str | None, *, as_json: bool) -> None:
    """Prints the document, or what stands `at` a pointer, there with its place."""
    loaded = load(find_document(name))
    problems = loaded.located([*loaded.problems, *json_problems(loaded.value)])
    if problems:
        raise DocumentError(loaded.file, problems)
    value = loaded.value if at is None else _part(loaded, at)
    if as_json:
        data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    else:
        from screentest_contracts.drafting.writing import yaml_text

        place = "" if at is None else f"# {loaded.origin.at(at).place}\n"
        data = (place + yaml_text(value, width=sys.maxsize).removesuffix("...\n")).encode()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _part(loaded: Loaded, at: str) -> object:
    if at and not at.startswith("/"):
        raise UsageError(f"{at!r} is no JSON pointer", "a pointer begins with a slash: /x-task/models")
    parts = segments(at)
    for count in range(len(parts)):
        around = resolve(loaded.value, parts[:count])
        if resolve(around, parts[count : count + 1]) is MISSING:
            known = list(around) if isinstance(around, dict) else []
            otherwise = f"members there: {', '.join(known)}" if known else "nothing stands there"
            raise UsageError(f"{loaded.file} has nothing at {at}", did_you_mean(parts[count], known, otherwise))
    return resolve(loaded.value, parts)
