"""What clients are tried in: the situations by name, and the facts that are nobody's own (RFC 9110, habits)."""

from screentest_contracts.contract import HTTP
from screentest_contracts.facts import Fact, Mark

ADVICE = Fact(Mark.RECOMMENDED, (HTTP.key,))
LAW = Fact(Mark.DOCUMENTED, (HTTP.key,))
COMMAND = Fact(Mark.DOCUMENTED)
HABIT = Fact(Mark.ASSUMED)
"""What nobody states."""

PLAIN = ("success", "immediate", "slow", "failure", "cancelled", "expired")
"""Situations in which nothing goes wrong on the way."""

ALL = ("*",)

VARIATIONS = (
    "unknown-members",
    "unknown-members-inside",
    "null-for-absent",
    "empty-text-for-absent",
    "empty-list-for-absent",
    "empty-object-for-absent",
    "leaves-out-optional-members",
    "body-reading-2",
    "body-reading-3",
    "receipt-word-1",
    "receipt-word-2",
    "receipt-word-3",
    "other-case",
    "tolerated-status",
    "never-seen-running",
    "other-id-form",
    "reordered-members",
    "escaped-text",
    "gzip-when-taken",
    "absolute-link",
    "media-type-parameter",
)
"""Legal variations of the mock that a client may stumble over."""

REFUSALS = ("insufficient-balance", "content-refused", "invalid-body", "forbidden-model", "wrong-key")
"""Conditions of a refused create that clients are tried with, where the document has them."""

SURVIVED = (
    ("rate-limited-create", "a create that is answered 429 is made again once Retry-After allows it"),
    ("rate-limited", "polls that are answered 429 are followed by others"),
    ("retry-after-date", "Retry-After is understood as a date, too"),
    ("server-errors", "polls that are answered with a server error are followed by others"),
    ("lost-polls", "polls without an answer are followed by others"),
    ("late-bytes", "a result that is not there yet is asked for again"),
    ("server-errors-content", "a result that is answered with a server error is asked for again"),
    ("truncated-bytes:1", "a download that broke off is made again, or resumed"),
    ("ignored-range", "a server that answers a range with the whole file is understood (RFC 9110, 14.2)"),
    (
        "replaced-file",
        "parts are joined only if one strong validator says that they are of one file (RFC 9110, 15.3.7.3)",
    ),
    ("lost-end", "a download that has come whole but for its end is taken, or made again"),
    ("redirected-result", "a redirect of the result is followed"),
    ("elsewhere-result", "a result on another host is fetched from there"),
    ("signed-link", "the result is asked for with the whole of its address, its query included"),
    ("unknown-status", "a status word that the document does not have does not end the waiting"),
    ("immediate", "a task that is done by the first poll is done"),
)
"""Situations that a client is to survive: it ends with the video."""


def capped(fact: Fact) -> Fact:
    """A fact of a document that is advice by nature."""
    return fact.weakest(Fact(Mark.RECOMMENDED, fact.source))
