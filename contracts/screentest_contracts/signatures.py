"""How callbacks are signed: the schemes that a document may choose, for who signs and for who verifies.

Digests are made and verified with one secret. An Ed25519 signature is made with a private key, which the mock derives
from its secret, and verified with a key set (RFC 7517) that the vendor publishes.

What is signed (`over`) and what the header holds (`value`) are texts with holes, so that one formula serves the usual
layouts: `sha256=HEX`, `t=TIME,v1=HEX` and `v1,BASE64 v1,BASE64`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from screentest_contracts.contract import Signature
from screentest_contracts.times import precision, read_time, write_time

SCHEMES = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256, "hmac-sha512": hashlib.sha512}
"""Hash functions of the keyed digests, by the name that a document uses."""

HOLE = re.compile(r"\{\{(.*?)\}\}")
ED25519 = "ed25519"

SIGNED = ("id", "timestamp", "task", "body", "body_sha256")
"""What may be signed: the delivery's id, its time as its header has it, the task's id, the body's bytes, or their
SHA-256 in hexadecimal digits. Also another header, as `header:Name`."""
HEADER = "header:"
SHOWN = ("signature", "timestamp")
"""What the header may hold."""


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery: its bytes, when it is sent or was received (epoch seconds), its id and its task's, and its headers
    beside those of the signature."""

    body: bytes
    at: float
    id: str = ""
    task: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def secret_key(rule: Signature, secret: str) -> bytes:
    """The key that a secret stands for. Raises ValueError, which never tells the secret."""
    bare = secret.removeprefix(rule.secret_prefix)
    try:
        match rule.secret_form:
            case "base64":
                padded = bare.rstrip("=")
                return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
            case "hex":
                return bytes.fromhex(bare)
    except (binascii.Error, ValueError):
        raise ValueError(f"it is not {rule.secret_form}") from None
    return bare.encode()


def write_secret(rule: Signature, text: str) -> str:
    """A secret as the document writes secrets, made of any text."""
    raw = text.encode()
    forms = {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()}
    return rule.secret_prefix + forms.get(rule.secret_form, text)


def sign(
    rule: Signature, secret: str, message: Message, change: Callable[[str], str] = lambda digest: digest
) -> dict[str, str]:
    """The headers that a delivery gets; `change` makes another signature of the right one."""
    time = str(write_time(message.at, rule.timestamp_form))
    given = {name.lower(): value for name, value in message.headers.items()}
    digest = _signature(rule, secret, _signed(rule, message, time, message.id, given))
    headers = {rule.header: _filled(rule.value, {"signature": change(digest), "timestamp": time})}
    if rule.timestamp_header is not None:
        headers[rule.timestamp_header] = time
    if rule.id_header is not None:
        headers[rule.id_header] = message.id
    return headers


def problem(rule: Signature, secret: str, headers: Iterable[tuple[str, str]], message: Message) -> str | None:
    """What is wrong with the signature of a delivery that was received; None when nothing is. Where the header may
    hold several signatures, one that verifies is enough: secrets are changed one after the other."""
    given = {name.lower(): value.strip() for name, value in headers}
    for name in (rule.header, rule.timestamp_header, rule.id_header):
        if name is not None and not given.get(name.lower()):
            return f"no header {name}"
    shown = _shown(rule, given[rule.header.lower()])
    times = shown["timestamp"] if rule.timestamp_header is None else [given[rule.timestamp_header.lower()]]
    if not shown["signature"]:
        return f"{rule.header} is not written like {rule.value}"
    if "{{timestamp}}" in rule.over + rule.value and not times:
        return f"{rule.header} tells no time"
    time = times[0] if times else ""
    if time and (wrong := _wrong_time(rule, time, message.at)):
        return wrong
    name = given[rule.id_header.lower()] if rule.id_header is not None else ""
    data = _signed(rule, message, time, name, given)
    if rule.scheme == ED25519:
        keys = public_keys(secret)
        if not any(_verifies(rule, key, each, data) for key in keys for each in shown["signature"]):
            return f"{rule.header} is no {rule.scheme} signature of {rule.over} by a key of {rule.keys_url}"
        return None
    wanted = _signature(rule, secret, data).encode()
    if not any(hmac.compare_digest(wanted, each.encode()) for each in shown["signature"]):
        return f"{rule.header} is no {rule.scheme} of {rule.over} with this secret"
    return None


def key_set(secret: str) -> str:
    """The public keys by which Ed25519 signatures that are made with a secret, or with its `next_secret`, can be
    verified, as JSON (RFC 8037)."""
    algorithm = jwt.get_algorithm_by_name("EdDSA")
    found = []
    for each in (secret, next_secret(secret)):
        key = algorithm.to_jwk(_private_key(each).public_key(), as_dict=True)
        name = hashlib.sha256(str(key["x"]).encode()).hexdigest()[:16]
        found.append({**key, "kid": name, "use": "sig", "alg": "EdDSA"})
    return json.dumps({"keys": found})


def next_secret(secret: str) -> str:
    """The secret of the key that stands in a set before it is used: vendors change keys so."""
    return secret + "-next"


def public_keys(text: str) -> list[Ed25519PublicKey]:
    """The Ed25519 keys of a key set, which may hold others, too. Raises ValueError for what is no key set."""
    try:
        found = [each.key for each in jwt.PyJWKSet.from_json(text).keys]
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"no key set: {error}") from None
    return [each for each in found if isinstance(each, Ed25519PublicKey)]


def _private_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())


def _verifies(rule: Signature, key: Ed25519PublicKey, shown: str, data: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(shown) if rule.encoding == "hex" else base64.b64decode(shown, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def rule_problems(node: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """(member, what is wrong, how to mend it) of a document's `signature`, beyond what its schema says."""
    over, value, timestamp = node["over"], node.get("value", "{{signature}}"), node.get("timestamp", {})
    signed, shown = HOLE.findall(over), HOLE.findall(value)
    for member, holes, known in (("over", signed, SIGNED), ("value", shown, SHOWN)):
        mend = "holes: " + ", ".join(f"{{{{{hole}}}}}" for hole in known)
        free = HEADER if member == "over" else "}}"  # no hole begins so
        unknown = [hole for hole in holes if hole not in known and not hole.startswith(free)]
        yield from ((member, f"unknown hole {{{{{hole}}}}}", mend) for hole in unknown)
    if shown.count("signature") != 1 or shown.count("timestamp") > 1:
        yield "value", "the header must hold one {{signature}}", 'for example "sha256={{signature}}"'
    if (node["scheme"] == ED25519) is not ("keys" in node) or ("keys" in node) is ("secret" in node):
        mend = "write `keys: {url: ...}` for ed25519, and `secret` for the others"
        yield "scheme", f"{node['scheme']} with {'`keys`' if 'keys' in node else 'no `keys`'}", mend
    if not {"body", "task", "body_sha256"} & set(signed):
        yield "over", "the same signature would fit every task", "sign {{body}} or {{task}}"
    if "id" in signed and "id" not in node:
        yield "over", "{{id}} is signed, and no header tells it", "add `id: {header: ...}`"
    if "timestamp" not in shown and "header" not in timestamp:
        mend = "add `timestamp: {header: ...}`, or put {{timestamp}} in value"
        if "timestamp" in signed:
            yield "over", "{{timestamp}} is signed, and nothing tells it", mend
        if "tolerance" in timestamp:
            yield "timestamp", "nothing tells the time to be compared", mend


def _filled(text: str, values: Mapping[str, str]) -> str:
    return HOLE.sub(lambda match: values[match[1]], text)


def _signed(rule: Signature, message: Message, time: str, name: str, headers: Mapping[str, str]) -> bytes:
    """What is signed. `headers` have their names in small letters."""
    values = {
        "id": name.encode(),
        "timestamp": time.encode(),
        "task": message.task.encode(),
        "body": message.body,
        "body_sha256": hashlib.sha256(message.body).hexdigest().encode(),
        **{HEADER + key: value.encode("latin-1", "replace") for key, value in headers.items()},
    }
    parts = HOLE.split(rule.over)  # text and names of holes by turns
    return b"".join(
        values.get(part.lower() if part.startswith(HEADER) else part, b"") if index % 2 else part.encode()
        for index, part in enumerate(parts)
    )


def _signature(rule: Signature, secret: str, data: bytes) -> str:
    """The digest of what is signed, or the signature of it, as headers have it."""
    if rule.scheme == ED25519:
        digest = _private_key(secret).sign(data)
    else:
        digest = hmac.new(secret_key(rule, secret), data, SCHEMES[rule.scheme]).digest()
    return digest.hex() if rule.encoding == "hex" else base64.b64encode(digest).decode()


def _shown(rule: Signature, value: str) -> dict[str, list[str]]:
    """What a header holds, by hole. With a separator items are read one by one, and unknown ones are passed over."""
    patterns, items = [rule.value], [value]
    if rule.separator is not None:
        patterns, items = rule.value.split(rule.separator), value.split(rule.separator)
    found: dict[str, list[str]] = {hole: [] for hole in SHOWN}
    for pattern in patterns:
        parts = HOLE.split(pattern)
        written = "".join(f"(?P<{each}>.+)" if i % 2 else re.escape(each) for i, each in enumerate(parts))
        for match in filter(None, (re.fullmatch(written, item.strip()) for item in items)):
            for hole, text in match.groupdict().items():
                found[hole].append(text)
    return found


def _wrong_time(rule: Signature, text: str, received: float) -> str | None:
    form = rule.timestamp_form
    if form.startswith("epoch") and not form.endswith("-string"):
        form += "-string"  # as a header has it
    try:
        gap = abs(received - read_time(text, form))
    except ValueError as error:
        return f"its time: {error}"
    if rule.tolerance is not None and gap > rule.tolerance + precision(form):
        return f"its time, {text}, is {gap:.0f} s from when it arrived"
    return None
