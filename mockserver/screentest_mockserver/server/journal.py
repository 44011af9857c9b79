"""What a server was asked, as a sequence, and what it keeps of each request."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.state.refusals import seconds_told
from screentest_mockserver.state.store import Store
from screentest_mockserver.wire.answer import Answer
from screentest_mockserver.wire.journal import BODY_LIMIT, Entry, KeysSeen, keys_in

_NOBODY = KeysSeen({}, "")


class Journal:
    """The newest requests to a server, oldest first, as its store keeps them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def clear(self) -> None:
        """Forgets every request."""
        self._store.clear_entries()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._store.entries())

    def __len__(self) -> int:
        return self._store.count_entries()


def entry_of(
    number: int, mock: ProviderMock | None, name: str, scope: Any, host: bytes, body: bytes, answer: Answer, now: float
) -> Entry:
    """What the journal keeps of a request and its answer."""
    seen = _NOBODY if mock is None else mock.facts.keys_seen
    headers, keys = seen.headers(scope["headers"])
    query, path = scope["query_string"], scope["path"]
    shown = ""
    if query:
        shown = seen.text(query.decode("latin-1"))
        name_of_key = None if mock is None else mock.facts.key_query
        named = name_of_key is not None and f"{name_of_key}=".encode("latin-1") in query
        keys += keys_in([("query", seen.whose(unquote_to_bytes(query)) or ("unknown" if named else ""))])
    in_path, in_body = seen.whose(path.encode()), seen.whose(body) if body else ""
    if in_path or in_body:
        keys += keys_in([("path", in_path), ("body", in_body)])
    return Entry(
        now,
        name,
        scope["method"],
        seen.path(path),
        0 if answer.drop else answer.status,
        answer.task_id,
        seen.body(body) if in_body else body[:BODY_LIMIT],
        number,
        scope["scheme"],
        host.decode("latin-1")[:255],
        shown,
        headers,
        keys,
        answer.operation,
        answer.said,
        seconds_told(answer.headers, now) if answer.status in (429, 503) else None,
        answer.delay,
    )
