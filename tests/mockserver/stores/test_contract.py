"""The contract of stores on those that several processes share, from one thread and from many."""

import pytest
from tests.mockserver.stores.conftest import MakeRedis, MakeSqlite

from screentest_contracts import Contract
from screentest_mockserver.state.store_contract import CHECKS, Check, Subject

each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
each_number = pytest.mark.parametrize("threads", [1, 8])


@each_check
@each_number
def test_sqlite(check: Check, threads: int, make_sqlite: MakeSqlite, small: Contract) -> None:
    check(Subject(make_sqlite, small, threads))


@each_check
@each_number
def test_redis(check: Check, threads: int, make_redis: MakeRedis, small: Contract) -> None:
    check(Subject(make_redis, small, threads))
