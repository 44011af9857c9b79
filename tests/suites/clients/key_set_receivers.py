"""Receivers of callbacks that a key set verifies, as fal's page describes it: a careful one, which shares no code with
what signs, and careless ones with one habit changed. They read the key set from text, as from a file."""

import base64
import hashlib
import json
import re
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.suites.clients.receivers import Got, Listener, Reply

NAMES = tuple(f"x-fal-webhook-{name}" for name in ("request-id", "user-id", "timestamp"))


class CarefulWithKeys(Listener):
    """Verifies with every key of the set, and answers at once."""

    def __init__(self, key_set: str) -> None:
        super().__init__()
        texts = [each["x"] for each in json.loads(key_set)["keys"] if each.get("crv") == "Ed25519"]
        self.keys = [Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "==")) for text in texts]

    def answer(self, got: Got) -> Reply:
        if got.length > 1_000_000:
            return Reply(413)
        headers = {name.lower(): value for name, value in got.headers}
        if not self.verified(headers, got.body):
            return Reply(401)
        try:
            members = json.loads(got.body)
        except ValueError:
            return Reply(400)
        return Reply(200 if members.get("status") in ("OK", "ERROR") else 422)

    def verified(self, headers: dict[str, str], body: bytes) -> bool:
        if any(name not in headers for name in (*NAMES, "x-fal-webhook-signature")):
            return False
        if not self.recent(headers["x-fal-webhook-timestamp"]):
            return False
        signed = "\n".join([*(headers[name] for name in NAMES), self.digest(body)]).encode()
        signature = self.signature(headers["x-fal-webhook-signature"])
        return any(self.fits(key, signature, signed) for key in self.keys)

    def recent(self, text: str) -> bool:
        return abs(time.time() - int(text)) <= 300

    def digest(self, body: bytes) -> str:
        return hashlib.sha256(body).hexdigest()

    def signature(self, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError:
            return b""

    def fits(self, key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True


class TrustsTheForm(CarefulWithKeys):
    """Takes 64 bytes for a signature."""

    def fits(self, key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
        return len(signature) == 64


class TrustsSilence(CarefulWithKeys):
    """Verifies a signature where there is one."""

    def verified(self, headers: dict[str, str], body: bytes) -> bool:
        return "x-fal-webhook-signature" not in headers or super().verified(headers, body)


class FailsOpen(CarefulWithKeys):
    """Lets through what it cannot verify: of an unreadable signature it only knows that it is not wrong."""

    def fits(self, key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
        return len(signature) != 64 or super().fits(key, signature, signed)


class Crashes(CarefulWithKeys):
    """Takes for granted that a signature is hexadecimal."""

    def answer(self, got: Got) -> Reply:
        try:
            return super().answer(got)
        except ValueError:
            return Reply(500)

    def signature(self, text: str) -> bytes:
        return bytes.fromhex(text)


class OneKey(CarefulWithKeys):
    """Keeps the first key of the set."""

    def __init__(self, key_set: str) -> None:
        super().__init__(key_set)
        del self.keys[1:]


class AnyTime(CarefulWithKeys):
    """Does not look at the time."""

    def recent(self, text: str) -> bool:
        return True


class KnownMembers(CarefulWithKeys):
    """Verifies the members that it knows, and passes over the others."""

    def digest(self, body: bytes) -> str:
        kept = re.sub(rb',"changed":true', b"", body)
        return hashlib.sha256(kept).hexdigest()


CARELESS: dict[type[CarefulWithKeys], str] = {
    TrustsTheForm: "forged tampered",
    TrustsSilence: "unsigned",
    FailsOpen: "malformed",
    Crashes: "malformed",
    OneKey: "rotated",
    AnyTime: "stale",
    KnownMembers: "tampered",
}
"""Each with the requirements that must notice, and no other."""
