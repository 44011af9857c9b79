"""Commands to Redis or Valkey, in as few round trips as there are questions.

The client library's connections are used as they are, because its usual interface costs twice the processor time for
each command and has no word for one that nobody waits for.
"""

import contextlib
import hashlib
import time
from collections import deque
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from screentest_mockserver.state.store import StoreLostError

Command = tuple[str | bytes | int | float, ...]

CONNECT, ANSWER = 1.0, 5.0
"""Seconds of real time that Redis has to take a connection, and to answer."""

PAUSE = 1.0
"""Seconds for which nothing is asked of a Redis that has not answered in time: each question would take as long."""

LOOK = 1.0
"""Seconds after which a connection that nobody has used is looked at: Redis may have closed it."""

LOST = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.AuthenticationError,
    redis.ReadOnlyError,
    redis.OutOfMemoryError,
    redis.exceptions.NoPermissionError,
)
"""What is the store's trouble. Any other error that it answers is our bug."""


@cache
def script(name: str) -> tuple[str, str]:
    """The text of a script, and its digest, by which Redis calls it."""
    folder = files("screentest_mockserver.stores") / "lua"
    text = "".join((folder / f"{each}.lua").read_text("utf-8") for each in ("common", name))
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def packed(command: Command) -> bytes:
    """A command as it goes over the wire."""
    parts = [each if isinstance(each, bytes) else str(each).encode() for each in command]
    return b"*%d\r\n" % len(parts) + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


_SILENT = packed(("CLIENT", "REPLY", "SKIP"))


class Connection(Protocol):
    """What is used of the client library's connections."""

    def send_packed_command(self, command: list[bytes]) -> None:
        """Sends them. Connects before, where it has not yet."""

    def read_response(self) -> Any:
        """The next answer."""

    def can_read(self, timeout: float) -> bool:
        """Whether there is anything to read: an answer, or the end."""

    def disconnect(self) -> None:
        """Ends the connection."""


class Wire:
    """Connections to one database, as many as there are threads that use them at once."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet. Raises ValueError for a URL that is none."""
        self._pool: redis.ConnectionPool = redis.ConnectionPool.from_url(
            url,
            socket_timeout=ANSWER,
            socket_connect_timeout=CONNECT,
            retry=Retry(NoBackoff(), 0),  # who asks again is the client of the mock
            protocol=2,
        )
        self._idle: deque[tuple[Connection, float]] = deque()
        self._told: deque[bytes] = deque()
        self._silent_until = 0.0

    def ask(self, *commands: Command) -> list[Any]:
        """What Redis answers to some commands, in one round trip. Raises StoreLostError."""
        return self.ask_packed(b"".join(map(packed, commands)), len(commands))

    def ask_packed(self, commands: bytes, count: int) -> list[Any]:
        """The same for so many commands as they go over the wire."""
        connection = self._connection()
        told = self._take_told()
        try:
            connection.send_packed_command([b"".join((*told, commands))])
            told = []
            answers = [_read(connection) for _ in range(count)]
        except LOST as error:
            self._told.extendleft(reversed(told))
            raise self._lost(connection, error) from None
        except BaseException:  # what was asked is not read: the next answers would be those to this
            connection.disconnect()
            raise
        self._idle.append((connection, time.monotonic()))
        refused = next((answer for answer in answers if isinstance(answer, redis.RedisError)), None)
        if isinstance(refused, LOST):
            raise StoreLostError(f"Redis refuses: {refused}")
        if refused is not None:
            raise refused
        return answers

    def tell(self, *commands: Command) -> None:
        """Sends commands whose answers nobody needs, so nobody waits. They are on their way when this returns, before
        anything that is sent afterwards. Raises StoreLostError where they cannot be sent."""
        for command in commands:
            self.tell_later(packed(command))
        self.flush()

    def tell_later(self, command: bytes) -> None:
        """The same for a command as it goes over the wire, which goes with the next question, or with `flush`."""
        self._told.append(_SILENT + command)

    def flush(self) -> None:
        """Sends what is still to be told. Raises StoreLostError where it cannot be sent, and then it is not told."""
        told = self._take_told()
        if not told:
            return
        connection = self._connection()
        try:
            connection.send_packed_command([b"".join(told)])
        except LOST as error:
            raise self._lost(connection, error) from None
        self._idle.append((connection, time.monotonic()))

    def _take_told(self) -> list[bytes]:
        """What is still to be told, which nobody else tells now."""
        told = []
        with contextlib.suppress(IndexError):  # another thread may have taken the rest
            while self._told:
                told.append(self._told.popleft())
        return told

    def run(self, name: str, keys: tuple[str, ...], *arguments: str | bytes | int | float) -> Any:
        """What a script gives, which runs as one step, in one round trip. Raises StoreLostError."""
        text, digest = script(name)
        try:
            return self.ask(("EVALSHA", digest, len(keys), *keys, *arguments))[0]
        except redis.exceptions.NoScriptError:  # a new Redis, or the first use
            return self.ask(("EVAL", text, len(keys), *keys, *arguments))[0]

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            self._idle.pop()[0].disconnect()

    def _connection(self) -> Connection:
        if time.monotonic() < self._silent_until:
            raise StoreLostError("Redis has not answered in time")
        try:
            connection, used = self._idle.pop()
        except IndexError:
            return cast(Connection, self._pool.make_connection())
        if time.monotonic() - used > LOOK and _has_ended(connection):
            connection.disconnect()  # it connects anew when it is used
        return connection

    def _lost(self, connection: Connection, error: Exception) -> StoreLostError:
        connection.disconnect()
        if isinstance(error, redis.TimeoutError):
            self._silent_until = time.monotonic() + PAUSE
        return StoreLostError(f"Redis cannot be reached: {error}")


def _read(connection: Connection) -> Any:
    """One answer; an error that Redis answers is an answer, too."""
    try:
        return connection.read_response()
    except (redis.ConnectionError, redis.TimeoutError):
        raise
    except redis.RedisError as error:
        return error


def _has_ended(connection: Connection) -> bool:
    try:
        return connection.can_read(0)
    except LOST:
        return True
