"""The kinds of requirements: what each one judges, and the type of its subject.

A check is registered for a kind, so that type checkers know the subject's type in it:

    @check(kinds.QUERY_ECHO)
    def judge_echo(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement: ...

A package that adds requirements declares its kinds in the same way, in a module of its own.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Final, Generic, TypeVar

from screentest_contracts.contract import Presence, StatusClass
from screentest_contracts.requirements.subjects import (
    AliasOfCreate,
    AnswerId,
    AskedFailure,
    Aspect,
    AspectDefaults,
    AssetName,
    Cases,
    DuplicateMembers,
    ErrorCase,
    ErrorSchema,
    ErrorWords,
    HeaderCase,
    Member,
    Members,
    MemberValue,
    ModelNames,
    OneRole,
    OperationAddress,
    OperationName,
    ParameterCase,
    ParameterName,
    RoleHeader,
    ShownMembers,
    StatedDigest,
    StatusCopies,
    StatusNames,
    TokenCase,
)

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class KindText:
    """What a kind sends, what it says of a server that breaks it, and what it cannot see: a sentence each."""

    sends: str
    says: str
    blind: str


@cache
def texts() -> Mapping[str, KindText]:
    """The texts of `kinds.toml` by the name of their kind."""
    tables = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
    return {name: KindText(**table) for name, table in tables.items()}


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """One kind of requirement: its name, the type of its subject (NoneType: it has none) and what it judges.

    >>> import screentest
    >>> SIZE = screentest.Kind("acme-answer-size", int, "how many bytes a query's answer may have")
    >>> builder = screentest.Builder(screentest.load_contract("acme.yaml"))
    >>> fact = screentest.Fact(screentest.Mark.DOCUMENTED, ("guide",))
    >>> builder.add("query.acme.size", SIZE, "polling", fact, "An answer has at most 20000 bytes.", 20_000)
    >>> builder.requirements["query.acme.size"].subject
    20000
    >>> builder.add("query.acme.size", SIZE, "polling", fact, "An answer is short.", "short")
    Traceback (most recent call last):
    TypeError: query.acme.size: the subject of acme-answer-size is int, not 'short'
    """

    name: str
    subject: type[S]
    judges: str

    @property
    def text(self) -> KindText | None:
        """What a reader wants to know of it; None for a kind that `kinds.toml` does not have, such as a package's."""
        return texts().get(self.name)


def all_kinds() -> tuple[Kind[Any], ...]:
    """Every kind of this module, in its order."""
    return tuple(value for value in globals().values() if isinstance(value, Kind))


OPERATION_THERE: Final = Kind("operation-there", OperationName, "that an operation is there at all")
ANSWER_ENCODING: Final = Kind("answer-encoding", NoneType, "that what is called JSON can be read as JSON")

CONSTRAINT: Final = Kind("constraint", Cases, "one constraint of request parameters, at its boundaries and beyond")

NEEDED_HEADER: Final = Kind("needed-header", HeaderCase, "a header that creates need for some values")

UPLOAD_ACCEPTED: Final = Kind("upload-accepted", NoneType, "that a valid file is taken")
UPLOAD_SCHEMA: Final = Kind("upload-schema", NoneType, "the answer to an upload, by its schema")
UPLOAD_REFERENCE: Final = Kind("upload-reference", NoneType, "the reference by which creates name a file")
UPLOAD_PUT: Final = Kind("upload-put", NoneType, "the address that takes a file's bytes")
UPLOAD_FORM: Final = Kind("upload-form", NoneType, "the form that takes a file's bytes")
UPLOAD_VALUE: Final = Kind("upload-value", MemberValue, "the size and the times that the answer to an upload holds")
UPLOAD_LIFE: Final = Kind("upload-life", NoneType, "how long an uploaded file can be used")
FILE_READ: Final = Kind("file-read", NoneType, "that an uploaded file can be asked for by its reference")
FILE_SCHEMA: Final = Kind("file-schema", NoneType, "what an uploaded file is shown as, by its schema")
FILE_TOLD: Final = Kind("file-told", MemberValue, "that an uploaded file is shown as the answer to its upload told")

CREATE_ACCEPTED: Final = Kind("create-accepted", ModelNames, "that the minimal request of some models is accepted")
MODEL_ACCEPTED: Final = Kind("model-accepted", ModelNames, "that the minimal request of one model is accepted")
EARLIER_KEPT: Final = Kind("earlier-kept", ModelNames, "that a create on an earlier task leaves that as it was")
RECEIPT_STATUS_CODE: Final = Kind("receipt-status-code", NoneType, "the HTTP status of an accepted create")
RECEIPT_SCHEMA: Final = Kind("receipt-schema", NoneType, "a receipt, by its schema")
RECEIPT_STATUS: Final = Kind("receipt-status", NoneType, "the status that a receipt shows")
RECEIPT_TIME: Final = Kind("receipt-time", Member, "the form of a time in a receipt")
RECEIPT_ADDRESS: Final = Kind("receipt-address", OperationAddress, "an address that a receipt hands out")
CREATE_PROGRESS: Final = Kind("create-progress", Member, "the form of progress in a receipt")
CREATE_ECHO: Final = Kind("create-echo", MemberValue, "a value of the request that a receipt repeats")
CREATE_AMOUNT: Final = Kind("create-amount", MemberValue, "an amount of money in a receipt, by the documented price")
CREATE_FORM: Final = Kind("create-form", OperationName, "that a create is accepted as a form")
ID_FORM: Final = Kind("id-form", NoneType, "the form of a task's id")
ID_UNIQUE: Final = Kind("id-unique", NoneType, "that no two tasks have one id")
ID_COPIES: Final = Kind("id-copies", NoneType, "that the copies of the id in a receipt agree")
ANSWER_ID: Final = Kind("answer-id", AnswerId, "that an answer's id is the same in its body and its header")
RESPONSE_HEADER: Final = Kind("response-header", RoleHeader, "a header of accepted calls")
HEADER_VALUE: Final = Kind("header-value", RoleHeader, "the value of a header of accepted calls")
SHOWN_MEMBERS: Final = Kind("shown-members", ShownMembers, "that optional members are held by some answer at all")
ALIAS_CREATE: Final = Kind("alias-create", AliasOfCreate, "another path that creates tasks, by the canonical one")
IDEMPOTENT: Final = Kind("idempotent", NoneType, "that a repeated create with one key makes one task")
IDEMPOTENT_OTHER_KEY: Final = Kind("idempotent-other-key", NoneType, "that another key makes another task")
IDEMPOTENT_ACCOUNT: Final = Kind("idempotent-account", NoneType, "that keys belong to their account")
IDEMPOTENT_REPLAYED: Final = Kind("idempotent-replayed", NoneType, "the header that tells a repetition")
IDEMPOTENT_LIFE: Final = Kind("idempotent-life", NoneType, "how long a key is remembered")
WAIT_ANSWER: Final = Kind("wait-answer", NoneType, "what a create that waits is answered with")
WAIT_TIME: Final = Kind("wait-time", NoneType, "how long a create that waits takes")

QUERY_STATUS_CODE: Final = Kind("query-status-code", NoneType, "the HTTP status of a query")
QUERY_SCHEMA: Final = Kind("query-schema", NoneType, "a query's answer, by its schema")
QUERY_PROGRESS: Final = Kind("query-progress", Member, "the form of progress")
QUERY_TIME: Final = Kind("query-time", Member, "the form of a time")
QUERY_ECHO: Final = Kind("query-echo", MemberValue, "a value of the request that queries repeat")
QUERY_AMOUNT: Final = Kind("query-amount", MemberValue, "an amount of money in queries, by the documented price")
TIME_UNSET: Final = Kind("time-unset", MemberValue, "that the time of what has not happened yet is unset")
ASKED_FAILURE: Final = Kind("asked-failure", AskedFailure, "that a request which asks for a failure gets it")
FAILED_REASON: Final = Kind("failed-reason", Members, "that a failed task says why")
QUEUE_POSITION: Final = Kind("queue-position", Member, "that the place in the queue never rises")
STATUS_KNOWN: Final = Kind("status-known", NoneType, "that every status is a documented one")
STATUS_CASE: Final = Kind("status-case", NoneType, "that statuses are spelled as documented")
STATUS_TRANSITIONS: Final = Kind("status-transitions", NoneType, "which status follows which")
STATUS_TERMINAL: Final = Kind("status-terminal", StatusNames, "that a task that has ended stays as it ended")
STATUS_COPY: Final = Kind("status-copy", StatusCopies, "that a nested copy of the status agrees with it")
TASK_ENDS: Final = Kind("task-ends", NoneType, "that a task ends in time")
TIMES_ORDER: Final = Kind("times-order", NoneType, "the order of a task's times")
IDENTITY_UNCHANGED: Final = Kind("identity-unchanged", MemberValue, "that a value is the same in every answer")
CREATED_MATCHES_RECEIPT: Final = Kind("created-matches-receipt", MemberValue, "that a time is that of the receipt")
DUPLICATE_MEMBERS_AGREE: Final = Kind("duplicate-members-agree", DuplicateMembers, "that the copies of one value agree")
LINKS_DECLARED: Final = Kind("links-declared", NoneType, "that addresses of videos stand where they are documented")
QUERY_ADDRESS: Final = Kind("query-address", OperationAddress, "an address that queries hand out")
ALIAS_QUERY: Final = Kind("alias-query", OperationName, "that two paths tell the same of a task")
ALIAS_WORDS: Final = Kind("alias-words", OperationName, "that another path has its own words for statuses")
PRESENCE: Final = Kind("presence", Presence, "whether a member is there")
RETENTION: Final = Kind("retention", NoneType, "how long a task can be queried")
BATCH_STATUS_CODE: Final = Kind("batch-status-code", NoneType, "that several tasks can be asked for at once")
BATCH_SCHEMA: Final = Kind("batch-schema", NoneType, "the answer to a query for several tasks, by its schema")
BATCH_ITEMS: Final = Kind("batch-items", NoneType, "which tasks a query for several tasks shows")
BATCH_LIFE: Final = Kind("batch-life", NoneType, "what a query for several tasks tells of each")
BATCH_ORDER: Final = Kind("batch-order", NoneType, "the order of several tasks that were asked for")
BATCH_UNKNOWN: Final = Kind("batch-unknown", NoneType, "what becomes of an unknown id among several")
BATCH_OWNER: Final = Kind("batch-owner", NoneType, "that other accounts cannot see a task among several")
CANCEL_WORKS: Final = Kind("cancel-works", OneRole, "that a task can be cancelled")
CANCEL_DELETES: Final = Kind("cancel-deletes", OneRole, "that a task can be deleted")
DELETED_UNKNOWN: Final = Kind("deleted-unknown", NoneType, "what a query of a deleted task is answered")
DELETED_UNLISTED: Final = Kind("deleted-unlisted", NoneType, "that a list does not hold a deleted task")

STREAM_ANSWER: Final = Kind("stream-answer", NoneType, "that the status of a task comes as server-sent events")
STREAM_EVENTS: Final = Kind("stream-events", NoneType, "the names and the data of events")
STREAM_LIFE: Final = Kind("stream-life", NoneType, "what events tell of a task, as it is judged of polls")
STREAM_END: Final = Kind("stream-end", NoneType, "that a stream shows the task's end, and then ends")

ERROR_STATUS: Final = Kind("error-status", ErrorCase, "the HTTP status of a refusal")
ERROR_BODY: Final = Kind("error-body", ErrorCase, "the shape and the words of a refusal")
ERROR_WORDS: Final = Kind("error-words", ErrorWords, "words of a refusal that are less sure than its body")
ERROR_HEADERS: Final = Kind("error-headers", ErrorCase, "the headers of a refusal")
REFUSAL_LEAVES_NOTHING: Final = Kind(
    "refusal-leaves-nothing", ErrorCase, "that a refused create makes no task, hands out no id and charges nothing"
)
ERROR_HEADER_VALUES: Final = Kind("error-header-values", ErrorCase, "the values of a refusal's headers")
ERROR_SCHEMA: Final = Kind("error-schema", ErrorSchema, "refusals with certain statuses, by their schema")
TOKEN_REFUSED: Final = Kind("token-refused", TokenCase, "that a flawed token is refused")

RESULT_LINK: Final = Kind("result-link", NoneType, "that success shows the result's address")
RESULT_STATUS_CODE: Final = Kind("result-status-code", NoneType, "the HTTP status of the result operation")
RESULT_SCHEMA: Final = Kind("result-schema", NoneType, "the result operation's answer, by its schema")
RESULT_PRESENCE: Final = Kind("result-presence", Presence, "whether a member of the result operation's answer is there")
RESULT_MEMBER: Final = Kind("result-member", MemberValue, "a value of the task in the result operation's answer")
RESULT_LINKS: Final = Kind("result-links", NoneType, "every address of a result, not the first alone")
RESULT_FETCH: Final = Kind("result-fetch", NoneType, "that the result's address gives bytes")
RESULT_PLAYABLE: Final = Kind("result-playable", NoneType, "that the bytes are a video")
RESULT_MEDIA_TYPE: Final = Kind("result-media-type", NoneType, "the media type of the result")
RESULT_ECHO: Final = Kind("result-echo", Aspect, "that the video is what the request asked for")
RESULT_DEFAULT: Final = Kind("result-default", AspectDefaults, "what the video is when the request does not say")
RESULT_RANGE: Final = Kind("result-range", NoneType, "a request for a range of the result")
RESULT_RANGE_SUFFIX: Final = Kind("result-range-suffix", NoneType, "a request for the last bytes of the result")
RESULT_RANGE_BAD: Final = Kind("result-range-bad", NoneType, "a request for a range beyond the result's end")
RESULT_AUTH: Final = Kind("result-auth", NoneType, "that the result needs the key")
LINK_LIFE: Final = Kind("link-life", NoneType, "how long the result's address works")
LINK_RENEWED: Final = Kind("link-renewed", NoneType, "that a query shows a new address when the old one has ended")
LINK_EXPIRY: Final = Kind("link-expiry", NoneType, "the end that the result's address states itself")
FILE_SIZE: Final = Kind("file-size", Member, "the size of the file that an answer states")
FILE_DIGEST: Final = Kind("file-digest", StatedDigest, "the digest of the file that an answer or a header states")
ASSET_SHOWN: Final = Kind("asset-shown", AssetName, "that a success shows the address of a further file")
ASSET_FETCH: Final = Kind("asset-fetch", AssetName, "that the address of a further file gives one")
ASSET_MEDIA_TYPE: Final = Kind("asset-media-type", AssetName, "the media type of a further file")
ASSET_AUTH: Final = Kind("asset-auth", AssetName, "that a further file needs the key")
ASSET_LIFE: Final = Kind("asset-life", AssetName, "how long the address of a further file works")
ACCOUNT_VALUE: Final = Kind("account-value", Member, "a value that is the same in all answers to one account")
LINK_EXPIRY_SHOWN: Final = Kind("link-expiry-shown", Member, "the end of the result's address that an answer states")

LIST_STATUS_CODE: Final = Kind("list-status-code", NoneType, "the HTTP status of a list")
LIST_SCHEMA: Final = Kind("list-schema", NoneType, "a list, by its schema")
LIST_CONTAINS: Final = Kind("list-contains", NoneType, "that a list holds the newest task")
LIST_ITEMS: Final = Kind("list-items", NoneType, "that a list shows tasks as their queries do")
LIST_PAGES: Final = Kind("list-pages", NoneType, "that no page repeats a task of another")

LIST_PAGES_WHOLE: Final = Kind(
    "list-pages-whole", NoneType, "that the pages of a list hold all of its tasks, each once"
)
LIST_FILTER: Final = Kind("list-filter", ParameterName, "that a filter of a list shows what it asks for, and all of it")
LIST_ORDER: Final = Kind("list-order", ParameterName, "that a list begins with the end that is asked for")

RESOURCE_STATUS_CODE: Final = Kind("resource-status-code", OneRole, "the HTTP status of what is only read")
RESOURCE_SCHEMA: Final = Kind("resource-schema", OneRole, "the answer of what is only read, by its schema")
MODELS_LISTED: Final = Kind("models-listed", NoneType, "that a list of models has every documented one")
BALANCE_LEFT: Final = Kind("balance-left", NoneType, "that a balance says what is left")
BALANCE_CHARGED: Final = Kind("balance-charged", NoneType, "what a task that succeeded takes from the balance")
BALANCE_FAILED: Final = Kind("balance-failed", NoneType, "that a task that failed takes nothing from the balance")
BALANCE_REFUSED: Final = Kind("balance-refused", NoneType, "that a refused create takes nothing from the balance")
BALANCE_DELETED: Final = Kind("balance-deleted", NoneType, "that a delete takes nothing from the balance")
BALANCE_TOTAL: Final = Kind("balance-total", NoneType, "that what is left and what was spent have one sum")

CALL_PARAMETER: Final = Kind(
    "call-parameter", ParameterCase, "one constraint of a parameter of query or path, at its boundaries and beyond"
)
CALL_PARAMETER_DEFAULT: Final = Kind(
    "call-parameter-default", ParameterName, "that a call without a parameter is answered as with its default"
)

CALLBACK_DELIVERED: Final = Kind("callback-delivered", StatusClass, "that a task that has ended calls back")
CALLBACK_STAGE: Final = Kind("callback-stage", StatusClass, "that a task calls back before its end")
CALLBACK_BODY: Final = Kind("callback-body", NoneType, "that a callback's body is the query's")
CALLBACK_HEADERS: Final = Kind("callback-headers", NoneType, "the headers of a callback")
CALLBACK_EVENTS: Final = Kind("callback-events", NoneType, "that a create chooses of what it is told")
CALLBACK_RETRIES: Final = Kind("callback-retries", NoneType, "when a callback is repeated")
CALLBACK_SIGNATURE: Final = Kind("callback-signature", NoneType, "the signature of a callback")
CALLBACK_HANDSHAKE: Final = Kind("callback-handshake", NoneType, "that an address is challenged before it is called")
CALLBACK_UNANSWERED: Final = Kind("callback-unanswered", NoneType, "that only who answers a challenge is called")
CALLBACK_KEYS: Final = Kind("callback-keys", NoneType, "the key set that verifies callbacks")
CALLBACK_METHOD: Final = Kind("callback-method", NoneType, "the method of a callback")
CALLBACK_ONCE: Final = Kind("callback-once", NoneType, "that an acknowledged callback is not repeated")

ENCODED_ANSWER: Final = Kind("encoded-answer", OneRole, "answers to clients that take gzip")
UNASKED_ENCODING: Final = Kind("unasked-encoding", NoneType, "that who asks for no content coding gets none")
HEAD_LENGTH: Final = Kind("head-length", OneRole, "the length that HEAD tells, by what GET sends")
HEAD_ALIKE: Final = Kind("head-alike", OneRole, "that HEAD is answered as GET is")

GENERATED_ACCEPTS: Final = Kind("generated-accepts", NoneType, "that generated valid bodies are accepted")
GENERATED_REFUSES: Final = Kind("generated-refuses", NoneType, "that generated invalid bodies are refused")
GENERATED_CONFORMS: Final = Kind("generated-conforms", NoneType, "that no body is answered in an undocumented way")

NOT_IDEMPOTENT: Final = Kind("promise-create-not-idempotent", NoneType, "that the same body twice makes two tasks")
PROGRESS_MONOTONIC: Final = Kind("promise-progress-monotonic", NoneType, "that progress never falls")
COMPLETE_ONLY_AT_END: Final = Kind(
    "promise-progress-complete-only-at-end", NoneType, "that progress is not 100 percent before the end"
)
COMPLETE_AT_SUCCESS: Final = Kind(
    "promise-progress-complete-at-success", NoneType, "that progress is 100 percent at success"
)
RECEIPT_PROGRESS_ZERO: Final = Kind("promise-receipt-progress-zero", NoneType, "that a receipt's progress is 0")
LIST_NEWEST_FIRST: Final = Kind("promise-list-newest-first", NoneType, "the order of a list")
LIST_LIMIT: Final = Kind("promise-list-limit", NoneType, "that a list keeps the limit asked for")
OWNER_ONLY: Final = Kind("promise-owner-only", NoneType, "that other accounts cannot see a task")
RESTRICTED_OWNS: Final = Kind("promise-restricted-owns", NoneType, "what a restricted key may do with its own task")
LIST_OWNER_ONLY: Final = Kind("promise-list-owner-only", NoneType, "that a list shows no other account's tasks")
LINK_IS_CONTENT: Final = Kind("promise-link-is-content", NoneType, "that the result's address is the content operation")

UNOBSERVABLE: Final = Kind("unobservable", NoneType, "nothing: no check from outside can see the fact")
