"""Content codings: what a body was before, whoever packed it, and what is no such body."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_suites.targets.decoding import Decoder, unpacked

MOST = 1 << 20
GZIP = (("Content-Encoding", "gzip"),)


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(1, 3))
def test_a_body_is_unpacked_whatever_the_pieces_it_comes_in(body: bytes, cuts: list[int], members: int) -> None:
    packed = gzip.compress(body) * members
    decoder, found = Decoder(" GZip "), b""
    while packed:
        cut = cuts[len(found) % len(cuts)]
        piece, packed = packed[:cut], packed[cut:]
        found += decoder.feed(piece, MOST)
    assert (found, decoder.problem) == (body * members, "")


@given(st.binary(max_size=200), st.sampled_from(["gzip", "x-gzip", "deflate", "br", "identity", "", "gzip, gzip"]))
def test_nothing_but_an_answer_comes_out(body: bytes, coding: str) -> None:
    found, problem = unpacked([("content-encoding", coding)], body, MOST)
    assert isinstance(found, bytes)
    assert problem in ("", f"the body is not valid {coding}", f"the {coding} data of the body end too early")


@pytest.mark.parametrize("coding", ["", "identity", "br", "zstd"])
def test_other_bodies_stay_as_they_came(coding: str) -> None:
    assert unpacked([("Content-Encoding", coding)], b"as it is", MOST) == (b"as it is", "")


def test_what_is_no_gzip_is_kept_for_who_wants_to_see_it() -> None:
    assert unpacked(GZIP, b'{"error": 1}', MOST) == (b'{"error": 1}', "the body is not valid gzip")


def test_half_of_a_body_is_told() -> None:
    packed = gzip.compress(b"a" * 1000 + bytes(range(256)))
    found, problem = unpacked(GZIP, packed[:-9], MOST)
    assert problem == "the gzip data of the body end too early"
    assert found.startswith(b"aaaa")


def test_an_empty_body_is_no_problem() -> None:
    assert unpacked(GZIP, b"", MOST) == (b"", ""), "HEAD, 204 and 304 have none"


def test_zeros_may_follow() -> None:
    assert unpacked(GZIP, gzip.compress(b"clip") + bytes(512), MOST) == (b"clip", "")


def test_deflate_is_zlib() -> None:
    assert unpacked([("content-encoding", "deflate")], zlib.compress(b"clip"), MOST) == (b"clip", "")


def test_a_bomb_is_unpacked_as_far_as_it_may() -> None:
    found = Decoder("gzip").feed(gzip.compress(bytes(10_000_000)), 1000)
    assert len(found) == 1000
