"""What a mock's certificate is for."""

import ssl

import pytest

from screentest_contracts import load_contract
from screentest_mockserver.server.run import certify
from screentest_mockserver.server.tls import issue


def trusts(hosts: list[str], name: str) -> bool:
    """Whether a client that trusts the authority alone takes the certificate for `name`: a handshake in memory."""
    made = issue(hosts)
    context = ssl.create_default_context(cadata=made.authority.decode())
    sent, received = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(received, sent, server_hostname=name)
    server = made.context.wrap_bio(sent, received, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLCertVerificationError:
            return False
        except ssl.SSLWantReadError:
            continue
    return True


def test_a_certificate_is_for_its_names_alone() -> None:
    assert trusts(["a.example", "127.0.0.1"], "a.example")
    assert trusts(["a.example", "127.0.0.1"], "127.0.0.1")
    assert not trusts(["a.example", "127.0.0.1"], "b.example")


@pytest.mark.parametrize("host", ["my_host", "", "a b", "-", "x" * 64, "::1", "0.0.0.0", "host.example"])
def test_a_machine_may_be_called_anything(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no certificate takes is left out of it."""
    asked: list[list[str]] = []
    monkeypatch.setattr("socket.gethostname", lambda: host)
    monkeypatch.setattr(
        "screentest_mockserver.server.run.issue", lambda hosts: asked.append(list(hosts)) or issue(hosts)
    )
    certify([load_contract("evolink")], host)
    assert "api.evolink.ai" in asked[0]
    assert (host in asked[0]) == (host in ("::1", "0.0.0.0", "host.example"))
