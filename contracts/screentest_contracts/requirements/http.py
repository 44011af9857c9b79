"""Requirements of HTTP itself (RFC 9110) that real clients rely on, whatever the document says."""

from screentest_contracts.contract import HTTP, Contract, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder
from screentest_contracts.requirements.subjects import OneRole

_LAW = Fact(Mark.DOCUMENTED, (HTTP.key,))
_ADVICE = Fact(Mark.RECOMMENDED, (HTTP.key,))
_HABIT = Fact(Mark.ASSUMED, (HTTP.key,))


def add_http(builder: Builder) -> None:
    """What content codings and HEAD are held to."""
    contract, add = builder.contract, builder.add
    fetched = (CREATE, QUERY, ENDED, "result.fetch")
    truth = "and by a body that is what its Content-Encoding says, whole (RFC 9110, 8.4)"
    text = f"A query that takes gzip is answered as one that does not, {truth}."
    add("query.gzip", kinds.ENCODED_ANSWER, "polling", _LAW, text, OneRole(Role.QUERY), (CREATE, QUERY))
    text = f"A refused create that takes gzip is answered as one that does not, {truth}."
    add("error.create.gzip", kinds.ENCODED_ANSWER, "errors", _LAW, text, OneRole(Role.CREATE))
    text = f"A download that takes gzip is answered as one that does not, {truth}."
    add("result.gzip", kinds.ENCODED_ANSWER, "result", _LAW, text, OneRole(Role.CONTENT), fetched)
    text = "A create or query with `Accept-Encoding: identity` is answered in no content coding (RFC 9110, 12.5.3)."
    add("query.identity", kinds.UNASKED_ENCODING, "polling", _ADVICE, text, depends=(CREATE, QUERY))
    for role, group, suite, needs in (
        (Role.QUERY, "query", "polling", (CREATE, QUERY)),
        (Role.LIST, "list", "list", (CREATE, "list.status-code")),
        (Role.CONTENT, "result", "result", fetched),
    ):
        if _is_got(contract, role):
            what = "the result's address" if role is Role.CONTENT else f"a {role}"
            text = f"The length that HEAD tells of {what} is that of what GET sends (RFC 9110, 8.6 and 9.3.2)."
            add(f"{group}.head", kinds.HEAD_LENGTH, suite, _LAW, text, OneRole(role), needs)
            text = f"HEAD on {what} is answered with the status and the media type of GET."
            add(f"{group}.head.alike", kinds.HEAD_ALIKE, suite, _HABIT, text, OneRole(role), needs)


def _is_got(contract: Contract, role: Role) -> bool:
    """Whether calls of the role are GET requests, as those of the result's address always are."""
    operation = contract.operation(role)
    return role is Role.CONTENT or (operation is not None and operation.method == "GET")
