"""Operations without a mock: a call, made by hand."""

from collections.abc import Callable

import pytest

from screentest_contracts import Contract
from screentest_mockserver.state.facts import Facts, MockOptions
from screentest_mockserver.state.hooks import NO_HOOKS, Call, Hooks
from screentest_mockserver.state.notes import MemoryNotes
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.answer import Request

NOW = 1_780_000_000.0
MakeCall = Callable[..., Call]


@pytest.fixture
def call(small: Contract) -> MakeCall:
    """Makes a call of an operation of the small document, by its id, with a body and at a time."""
    facts = Facts(small, MockOptions(seed=0))

    def make(
        operation: str, body: bytes = b"", *, at: float = 0.0, hooks: Hooks = NO_HOOKS, key: str = GOOD_KEY
    ) -> Call:
        chosen = small.operations[operation]
        headers = [(b"x-key", f"Key {key}".encode()), (b"x-async", b"enable"), (b"content-type", b"application/json")]
        request = Request(chosen.method, chosen.path, b"", headers, body, "http://mock.test")
        return Call(facts, hooks, MemoryNotes(), NOW + at, 1.0, request, chosen)

    return make
