"""Whose key a request shows: an account's, a literal one, a token with a flaw, or none.

A credential is no secret: it names the key, and the target puts the key in.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountKey:
    """The key of an account, by its role: `good`, `second`, `poor` or `restricted`. `GOOD` and `SECOND` are such.

    >>> import screentest
    >>> screentest.GOOD, screentest.SECOND
    (AccountKey(account='good'), AccountKey(account='second'))
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> task, query = session.ensure_base_tasks()[0].task_id, contract.roles[screentest.Role.QUERY][0]
    >>> for key in (screentest.GOOD, screentest.SECOND):
    ...     session.target.send(session.request(query, task=task, credential=key)).status
    200
    404
    """

    account: str


@dataclass(frozen=True, slots=True)
class LiteralKey:
    """A key that is written down here and belongs to no account.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> query = contract.roles[screentest.Role.QUERY][0]
    >>> wrong = session.request(query, task="nothing", credential=screentest.LiteralKey("sk-wrong"))
    >>> dict(wrong.headers)["x-key"], session.send(screentest.Role.QUERY, wrong).status
    ('Key sk-wrong', 401)
    """

    text: str


@dataclass(frozen=True, slots=True)
class FlawedToken:
    """A token made with the good account's key, and with one flaw: `expired`, `forged` (signed with another secret),
    `unsigned` or `stranger` (of an access key that does not exist). For providers whose requests are signed.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> session = screentest.Session(contract, screentest.EmbeddedTarget(contract))
    >>> query = contract.roles[screentest.Role.QUERY][0]
    >>> expired = session.request(query, task=session.unknown_id(), credential=screentest.FlawedToken("expired"))
    >>> expired.credential, dict(expired.headers)["x-key"]  # the token is made at sending, if the document signs
    (FlawedToken(flaw='expired'), 'Key REDACTED')
    """

    flaw: str


@dataclass(frozen=True, slots=True)
class NoKey:
    """No key at all. `NO_KEY` is one.

    >>> import screentest
    >>> target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> url = f"{target.base_url}/jobs/nothing"
    >>> target.send(screentest.SentRequest("GET", url, credential=screentest.NO_KEY)).status
    401
    """


Credential = AccountKey | LiteralKey | FlawedToken | NoKey

GOOD = AccountKey("good")
"""The key of the account that may do everything."""
SECOND = AccountKey("second")
"""The key of another account, which may do the same."""
NO_KEY = NoKey()


def may_create(credential: Credential) -> bool:
    """Whether a server that accepts the request would charge somebody: a made-up key belongs to nobody."""
    return credential != FlawedToken("stranger") and not isinstance(credential, NoKey | LiteralKey)


def is_good_account(credential: Credential) -> bool:
    """Whether what is made with the credential belongs to the good account."""
    if isinstance(credential, FlawedToken):
        return credential.flaw != "stranger"
    return credential == GOOD


def credential_text(credential: Credential) -> str:
    """A credential as recordings hold it: an account's role, `=` and a literal, `!` and a flaw, or nothing."""
    match credential:
        case AccountKey(account):
            return account
        case LiteralKey(text):
            return f"={text}"
        case FlawedToken(flaw):
            return f"!{flaw}"
        case NoKey():
            return ""


def read_credential(text: str) -> Credential:
    """The credential that `credential_text` has written so."""
    if not text:
        return NO_KEY
    match text[0]:
        case "=":
            return LiteralKey(text[1:])
        case "!":
            return FlawedToken(text[1:])
    return AccountKey(text)
