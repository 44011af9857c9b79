"""Screentest from Python: mocks of video-generation APIs, contracts, verdicts on servers, and reports.

What `__all__` names is public. It keeps to semantic versioning, as the command line, the report's schema and the
vocabulary of documents do: a change that breaks a user comes with a new major version (while it is 0: a new minor one),
and CHANGELOG.md names it. Whatever is not exported here is private and may change at any time.

In all examples `acme.yaml` stands for a document of a provider; a built-in name (`screentest providers`) may stand in
its place.

Mocks, for tests of a client:

>>> import screentest
>>> with screentest.serve("acme.yaml") as mock:
...     mock.schedule("failure")   # the next task fails
...     base_url, key = mock.url, mock.key

Verdicts on a server (here the mock itself, without network), and a report:

>>> judgement = screentest.judge("acme.yaml", options=screentest.Options(examples=5))
>>> [verdict.requirement.id for verdict in judgement.broken]
[]
"""

from screentest._judging import Judgement, judge, write_report
from screentest_contracts import (
    Contract,
    DocumentError,
    Fact,
    Level,
    Mark,
    Role,
    StatusClass,
    UsageError,
    load_contract,
)
from screentest_contracts.requirements import Builder, Kind, Requirement, add_derivation
from screentest_mockserver.behaviours import BodyHookContext, Call, Deviation, Hooks
from screentest_mockserver.behaviours import register as add_deviation
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.store import ProviderStore, Store
from screentest_mockserver.tasks.scenario import Scenario, ScenarioFamily
from screentest_mockserver.tasks.scenarios import register as add_scenario
from screentest_mockserver.wire.answer import Answer, Request
from screentest_mockserver.wire.journal import Delivery, Entry
from screentest_suites.checks.registry import Violation, check, trace_check
from screentest_suites.clients.mock import Mock, MockFactory, MockSettings, asgi_app, serve
from screentest_suites.clients.router import MockRouter, RouterFactory, router
from screentest_suites.clients.scenario_case import ScenarioCase
from screentest_suites.core.credential import (
    GOOD,
    NO_KEY,
    SECOND,
    AccountKey,
    Credential,
    FlawedToken,
    LiteralKey,
    NoKey,
)
from screentest_suites.core.exchange import Exchange, Poll, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip, Verdict, failed, passed, skipped
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.target import BaseTarget, Steering, Target
from screentest_suites.tasks.session import Session

__all__ = [
    "GOOD",
    "NO_KEY",
    "SECOND",
    "AccountKey",
    "Answer",
    "BaseTarget",
    "BodyHookContext",
    "Builder",
    "Call",
    "Contract",
    "Credential",
    "Delivery",
    "Deviation",
    "DocumentError",
    "EmbeddedTarget",
    "Entry",
    "Evidence",
    "Exchange",
    "Fact",
    "Finding",
    "FlawedToken",
    "Hooks",
    "HttpTarget",
    "Judgement",
    "Kind",
    "Level",
    "LiteralKey",
    "Mark",
    "MemoryStore",
    "Mock",
    "MockFactory",
    "MockRouter",
    "MockSettings",
    "NoKey",
    "Options",
    "Poll",
    "ProviderStore",
    "Request",
    "Requirement",
    "Result",
    "Role",
    "RouterFactory",
    "Scenario",
    "ScenarioCase",
    "ScenarioFamily",
    "SentRequest",
    "Session",
    "Skip",
    "StatusClass",
    "Steering",
    "Store",
    "Target",
    "Trace",
    "UsageError",
    "Verdict",
    "Violation",
    "add_derivation",
    "add_deviation",
    "add_scenario",
    "asgi_app",
    "check",
    "failed",
    "judge",
    "load_contract",
    "passed",
    "router",
    "serve",
    "skipped",
    "trace_check",
    "write_report",
]
