"""The mock server: a contract, a clock and a store behind a Starlette application."""

from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.server.app import MockServer, create_app
from screentest_mockserver.wire.clock import Clock, ManualClock, RealClock

__all__ = ["Clock", "ManualClock", "MockServer", "ProviderMock", "RealClock", "create_app"]
