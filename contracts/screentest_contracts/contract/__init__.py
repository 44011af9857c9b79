"""What a provider promises, as frozen values: everything the mock, the suites and the report need to know.

Built by `screentest_contracts.compile.load_contract`; nothing here reads files.
"""

from screentest_contracts.contract.batches import BatchRule
from screentest_contracts.contract.bodies import Bodies, Body, Copy, Header, IdForm, IdRule, Presence, Profile
from screentest_contracts.contract.call_parameters import CallParameter, plain
from screentest_contracts.contract.earlier import Earlier
from screentest_contracts.contract.endings import CancelRule
from screentest_contracts.contract.errors import OF_MODELS, RELATIVES, ErrorReading, ErrorRow, Failure
from screentest_contracts.contract.handshake import Handshake
from screentest_contracts.contract.lifecycle import Lifecycle, Outcome, Polling, Retention, Stage, Status, StatusClass
from screentest_contracts.contract.models import Constraint, Model, RequestMap
from screentest_contracts.contract.modes import Mode, meant
from screentest_contracts.contract.needed_headers import NeededHeader
from screentest_contracts.contract.operations import (
    FORM,
    RESOURCES,
    Conditions,
    Operation,
    Response,
    Role,
    ShownId,
    Success,
    group_name,
)
from screentest_contracts.contract.provider import Contract
from screentest_contracts.contract.resources import Resource
from screentest_contracts.contract.services import (
    FILTERED,
    Asset,
    Callback,
    CallbackEvents,
    Idempotency,
    Link,
    ListOrder,
    ListRule,
    Price,
    Signature,
    TokenRule,
    has_values,
)
from screentest_contracts.contract.sources import HTTP, Promise, Setting, Source, Unobservable
from screentest_contracts.contract.streaming import EVENT_STREAM, Stream
from screentest_contracts.contract.uploads import FileRule, UploadForm, UploadRule, of_answer
from screentest_contracts.contract.waiting import Wait

__all__ = [
    "EVENT_STREAM",
    "FILTERED",
    "FORM",
    "HTTP",
    "OF_MODELS",
    "RELATIVES",
    "RESOURCES",
    "Asset",
    "BatchRule",
    "Bodies",
    "Body",
    "CallParameter",
    "Callback",
    "CallbackEvents",
    "CancelRule",
    "Conditions",
    "Constraint",
    "Contract",
    "Copy",
    "Earlier",
    "ErrorReading",
    "ErrorRow",
    "Failure",
    "FileRule",
    "Handshake",
    "Header",
    "IdForm",
    "IdRule",
    "Idempotency",
    "Lifecycle",
    "Link",
    "ListOrder",
    "ListRule",
    "Mode",
    "Model",
    "NeededHeader",
    "Operation",
    "Outcome",
    "Polling",
    "Presence",
    "Price",
    "Profile",
    "Promise",
    "RequestMap",
    "Resource",
    "Response",
    "Retention",
    "Role",
    "Setting",
    "ShownId",
    "Signature",
    "Source",
    "Stage",
    "Status",
    "StatusClass",
    "Stream",
    "Success",
    "TokenRule",
    "Unobservable",
    "UploadForm",
    "UploadRule",
    "Wait",
    "group_name",
    "has_values",
    "meant",
    "of_answer",
    "plain",
]
