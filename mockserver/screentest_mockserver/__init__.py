"""The mock server: a contract, a clock and a store behind a Starlette application."""

from screentest_mockserver.app import MockServer, create_app
from screentest_mockserver.clock import Clock, ManualClock, RealClock
from screentest_mockserver.provider import ProviderMock

__all__ = ["Clock", "ManualClock", "MockServer", "ProviderMock", "RealClock", "create_app"]
