"""Stores of each kind, empty ones."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from tests.redis_server import RedisServer

from screentest_mockserver.stores.redis_store import RedisStore
from screentest_mockserver.stores.sqlite_store import SqliteStore

MakeRedis = Callable[..., RedisStore]
MakeSqlite = Callable[..., SqliteStore]


@pytest.fixture
def make_sqlite(tmp_path: Path) -> Iterator[MakeSqlite]:
    """Makes stores in files of their own, with options of SqliteStore."""
    made: list[SqliteStore] = []

    def make(**options: float | None) -> SqliteStore:
        made.append(SqliteStore(str(tmp_path / f"{len(made)}.db"), **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def make_redis(redis_server: RedisServer) -> Iterator[MakeRedis]:
    """Makes stores in an empty database, with options of RedisStore."""
    made: list[RedisStore] = []
    databases = itertools.count()

    def make(**options: float | None) -> RedisStore:
        url = redis_server.url(next(databases) % 16)
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        made.append(RedisStore(url, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for store in made:
        store.close()
