"""Server-sent events, read as the HTML standard has it (9.2.6, "Interpreting an event stream")."""

import re
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Event:
    """One event that a client is told of. `name` is `message` where the stream gives none."""

    name: str
    data: str


def read_events(stream: bytes) -> list[Event]:
    """The events of a stream, or of its beginning. One that is not whole is dropped, as clients drop it."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    events: list[Event] = []
    name, data = "", list[str]()
    for line in _LINE_END.split(text)[:-1]:  # what follows the last line's end is no whole line
        if not line:
            if data:
                events.append(Event(name or "message", "\n".join(data)))
            name, data = "", []
            continue
        field, _, value = line.partition(":")  # a comment has no name
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return events
