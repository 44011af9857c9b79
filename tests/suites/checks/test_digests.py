"""Digests of the file, in an answer and in a header of its download."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.template import Template
from screentest_suites.checks.assets import digest_text
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed

DOCUMENTS = Path(__file__).parents[2] / "documents"
MODES, ESTUARY = str(DOCUMENTS / "modes.yaml"), str(DOCUMENTS / "overlays" / "estuary.yaml")
MEMBER, HEADER = "result.checksum.digest", "result.repr-digest.digest"


@pytest.mark.parametrize(("document", "name"), [(MODES, MEMBER), (ESTUARY, HEADER)])
def test_the_digest_of_the_bytes_passes(bench: Any, document: str, name: str) -> None:
    assert passed(bench(document).judge(name))


def test_the_digest_of_other_bytes_fails(bench: Any, tools: Any) -> None:
    """Nothing but the download is another one."""

    def alter(exchange: Any) -> Any:
        longer = exchange.body + b"\0"
        return tools.changed(exchange, body=longer, size=len(longer)) if "/media/" in exchange.sent.url else exchange

    seen, expected, *_ = failure(bench(MODES, alter=alter).judge(MEMBER))
    assert seen.startswith("/checksum is 'md5:")
    assert expected.startswith("'md5:")


@pytest.mark.parametrize("spelled", ["{}", "sha-512=:AAAA:, {}"])
def test_one_of_several_digests_of_a_header_is_enough(bench: Any, tools: Any, spelled: str) -> None:
    def alter(exchange: Any) -> Any:
        fields = tuple(
            (name, spelled.format(value) if name.lower() == "repr-digest" else value)
            for name, value in exchange.headers
        )
        return tools.changed(exchange, headers=fields)

    assert passed(bench(ESTUARY, alter=alter).judge(HEADER))


@pytest.mark.parametrize("change", [{"headers": (("content-encoding", "br"),)}, {"size": 10**9}])
def test_what_did_not_come_whole_says_nothing(bench: Any, tools: Any, change: dict[str, Any]) -> None:
    def alter(exchange: Any) -> Any:
        return tools.changed(exchange, **change) if "/media/" in exchange.sent.url else exchange

    finding = bench(MODES, alter=alter).judge(MEMBER)
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "nothing states the digest of a file that came")


def test_capital_digits_are_the_same_digits(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        told = exchange.json.get("checksum") if isinstance(exchange.json, dict) else None
        return tools.changed(exchange, at={"/checksum": told.upper()}) if told else exchange

    assert passed(bench(MODES, alter=alter).judge(MEMBER))


def test_forms() -> None:
    data = b"a video"
    sha = hashlib.sha256(data)
    assert digest_text("{{file_digest:sha256}}", data) == sha.hexdigest()
    assert digest_text("{{file_digest:sha256|upper}}", data) == sha.hexdigest().upper()
    assert digest_text("x={{file_digest:sha256|base64}}", data) == f"x={b64encode(sha.digest()).decode()}"
    with pytest.raises(ValueError, match="known: md5, sha1, sha256, sha512"):
        Template("{{file_digest:md5|seconds}}")
