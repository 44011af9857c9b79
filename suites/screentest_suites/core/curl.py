"""Command lines that repeat a request by hand."""

import shlex

from screentest_contracts.contract import Contract
from screentest_openapi import HERE
from screentest_suites.core.credential import GOOD, AccountKey, FlawedToken
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.redact import HIDDEN, Redactor

BODY_LIMIT = 4096


def curl_line(contract: Contract, sent: SentRequest, redactor: Redactor) -> str:
    """A curl command for `sent`; the own key appears as the environment variable that holds it, or as
    the command that signs with it."""
    key = _key(contract, sent)
    url = shlex.quote(redactor.text(sent.url))
    if contract.key_query is not None:  # out of the single quotes, so that the shell puts the key in
        url = url.replace(f"{contract.key_query}={HIDDEN}", f"{contract.key_query}='\"{key}\"'")
    # Without -g curl reads brackets, such as those around "redacted", as a pattern.
    parts = ["curl -ig" if set(url) & set("[]{}") else "curl -i"]
    if sent.method == "HEAD":
        parts.append("--head")
    elif sent.method != "GET":
        parts.append(f"-X {sent.method}")
    parts.append(url)
    for name, value in sent.headers:
        if name.lower() == contract.key_header:
            shown = key if contract.token is None else _token(contract, sent)
            parts.append(f'-H "{name}: {contract.key_prefix}{shown}"')
        else:
            parts.append(f"-H {shlex.quote(f'{name}: {redactor.header(name, value)}')}")
    if sent.body is not None and b"\0" in sent.body:
        parts.append(f"--data-binary @body # {len(sent.body)} bytes, with a file")
    elif sent.body is not None:
        parts.append(f"--data-raw {shlex.quote(redactor.body(sent.body, BODY_LIMIT))}")
        if len(sent.body) > BODY_LIMIT:
            parts.append(f"# ... {len(sent.body)} bytes in all")
    return " ".join(parts)


def _key(contract: Contract, sent: SentRequest) -> str:
    """The variable with the key that was sent; a key made up for a probe stays hidden."""
    if sent.credential == GOOD:
        return f"${contract.key_variable}"
    if isinstance(sent.credential, AccountKey):
        return f"${contract.key_variable}_{sent.credential.account.upper()}"
    return HIDDEN


def _token(contract: Contract, sent: SentRequest) -> str:
    """What makes a token of the same kind; of a key made up for a probe nothing is shown."""
    match sent.credential:
        case FlawedToken(flaw):
            return token_call(contract, "--flaw", flaw)
        case AccountKey(account):
            return token_call(contract, *([] if sent.credential == GOOD else ["--account", account]))
    return HIDDEN


def token_call(contract: Contract, *options: str, environment: str = "") -> str:
    """What stands in a command line for a token: a shell makes a fresh one."""
    name = contract.name if contract.file.parent == HERE else str(contract.file)
    return f"$({environment}{shlex.join(['screentest', 'token', name, *options])})"
