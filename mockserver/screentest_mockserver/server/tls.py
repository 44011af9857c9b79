"""HTTPS for servers that run on this machine: a certificate, and the authority that clients are to trust for it."""

import contextlib
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from screentest_contracts.errors import UsageError


@dataclass(frozen=True, slots=True)
class Tls:
    """`certificate` is the PEM text of a key and its certificate, with which a server listens, `authority` that of the
    authority that has signed it."""

    certificate: bytes
    authority: bytes

    @property
    def context(self) -> ssl.SSLContext:
        """What a server listens with, made anew each time."""
        import trustme

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with trustme.Blob(self.certificate).tempfile() as file:  # OpenSSL reads files only
            context.load_cert_chain(file)
        return context


def issue(hosts: Iterable[str]) -> Tls:
    """A fresh authority and its certificate for some names and addresses. Costs about 0.1 s, most of it imports."""
    import trustme  # slow to import, and needed only here

    authority = trustme.CA()
    leaf = authority.issue_cert(*dict.fromkeys(hosts))
    return Tls(leaf.private_key_and_cert_chain_pem.bytes(), authority.cert_pem.bytes())


def secured(config: uvicorn.Config, context: ssl.SSLContext) -> uvicorn.Config:
    """The same configuration, to serve HTTPS only."""
    config.load()  # it would make a context of its own, from files
    config.ssl = context
    return config


@contextlib.contextmanager
def authority_file(tls: Tls, path: str | None = None) -> Iterator[str]:
    """The absolute path of a file that holds the authority: `path`, which stays, or a temporary one, which is removed
    at the end. Raises UsageError where `path` cannot be written."""
    if path is not None:
        try:
            Path(path).write_bytes(tls.authority)
        except OSError as error:
            raise UsageError(f"cannot write the authority to {path}: {error.strerror}", "give another file") from None
        yield str(Path(path).absolute())
        return
    with tempfile.NamedTemporaryFile(prefix="screentest-ca-", suffix=".pem", delete=False) as file:
        file.write(tls.authority)
    try:
        yield file.name
    finally:
        Path(file.name).unlink(missing_ok=True)
