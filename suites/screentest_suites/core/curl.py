"""Command lines that repeat a request by hand."""

import shlex

from screentest_contracts.contract import FORM, Contract
from screentest_contracts.redact import HIDDEN, Redactor
from screentest_mockserver.wire.forms import Part, read_parts
from screentest_openapi import HERE
from screentest_suites.core.credential import GOOD, AccountKey, FlawedToken
from screentest_suites.core.exchange import SentRequest

BODY_LIMIT = 8192


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
    fields = _form(sent, redactor)
    for name, value in sent.headers:
        if fields and name.lower() == "content-type":  # curl's own, with its boundary
            continue
        if name.lower() == contract.key_header:
            shown = key if contract.token is None else _token(contract, sent)
            parts.append(f'-H "{name}: {contract.key_prefix}{shown}"')
        else:
            parts.append(f"-H {shlex.quote(f'{name}: {redactor.header(name, value)}')}")
    if fields:
        parts += fields
    elif sent.body is not None and b"\0" in sent.body:
        parts.append(f"--data-binary @body # {len(sent.body)} bytes, with a file")
    elif sent.body is not None:
        parts.append(f"--data-raw {shlex.quote(redactor.body(sent.body, BODY_LIMIT))}")
        if len(sent.body) > BODY_LIMIT:
            parts.append(f"# ... {len(sent.body)} bytes in all")
    return " ".join(parts)


def _form(sent: SentRequest, redactor: Redactor) -> list[str]:
    """The parts of a form as options, what is cut off or stands in a file told at the end; none for another body, and
    for a form that no options could make."""
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    if sent.body is None or not media.lower().startswith(FORM) or not sent.body.rstrip().endswith(b"--"):
        return []
    try:
        parts = read_parts(media, sent.body)
    except ValueError:
        return []
    if not parts or any(not part.name or "=" in part.name for part in parts):
        return []
    notes = [f"@{part.filename or part.name}: {len(part.data)} bytes" for part in parts if part.is_file]
    notes += [
        f"{part.name}: {len(part.data)} bytes in all"
        for part in parts
        if not part.is_file and len(part.data) > BODY_LIMIT
    ]
    options = [form_option(part, redactor) for part in parts]
    return [*options, f"# {redactor.text(' '.join(', '.join(notes).split()))}"] if notes else options


def form_option(part: Part, redactor: Redactor) -> str:
    """The option of curl that makes this part; a file is read from the folder where curl runs."""
    if part.is_file:
        # `<` reads a file and says no name of it
        source = f"@{_quoted(part.filename)}" if part.filename is not None else f"<{_quoted(part.name)}"
        media = "" if part.media is None else f";type={part.media}"
        return f"-F {shlex.quote(redactor.text(f'{part.name}={source}{media}'))}"
    text = redactor.body(part.data, BODY_LIMIT)
    plain = not text.startswith(("@", "<", "(", '"', "=")) and ";" not in text
    return f"{'-F' if plain else '--form-string'} {shlex.quote(f'{part.name}={text}')}"


def _quoted(name: str) -> str:
    """The name of a file as the option has it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if any(char in name for char in ',;"\\') else name


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
