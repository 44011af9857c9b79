"""Command lines that repeat a request by hand."""

import shlex

from screentest_contracts.contract import Contract
from screentest_suites.exchange import Sent
from screentest_suites.redact import HIDDEN, Redactor

BODY_LIMIT = 4096


def curl_line(contract: Contract, sent: Sent, redactor: Redactor) -> str:
    """A curl command for `sent`; the own key appears as the environment variable that holds it."""
    parts = ["curl -i"]
    if sent.method != "GET":
        parts.append(f"-X {sent.method}")
    parts.append(shlex.quote(redactor.url(sent.url)))
    for name, value in sent.headers:
        if name.lower() == contract.key_header:
            secret = {"good": f"${contract.key_variable}"}.get(
                sent.key, f"${contract.key_variable}_{sent.key.upper()}" if sent.key.isalpha() else HIDDEN
            )
            parts.append(f'-H "{name}: {contract.key_prefix}{secret}"')
        else:
            parts.append(f"-H {shlex.quote(f'{name}: {redactor.header(name, value)}')}")
    if sent.body is not None:
        text = redactor.text(sent.body[:BODY_LIMIT].decode("utf-8", "replace"))
        parts.append(f"--data-raw {shlex.quote(text)}")
        if len(sent.body) > BODY_LIMIT:
            parts.append(f"# ... {len(sent.body)} bytes in all")
    return " ".join(parts)
