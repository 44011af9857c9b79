"""Range requests (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_mockserver.wire.ranges import parse_range

SIZES = st.integers(1, 10**12)
WHOLE = None


@given(SIZES, st.integers(0, 10**13), st.integers(0, 10**13))
def test_first_and_last(size: int, first: int, last: int) -> None:
    header = f"bytes={first}-{last}"
    if last < first:
        assert parse_range(header, size) is WHOLE
    elif first >= size:
        with pytest.raises(ValueError, match=f"after the last byte {size - 1}$"):
            parse_range(header, size)
    else:
        assert parse_range(header, size) == (first, min(last, size - 1))


@given(SIZES, st.integers(0, 10**13))
def test_an_open_end_and_a_suffix(size: int, number: int) -> None:
    if number < size:
        assert parse_range(f"bytes={number}-", size) == (number, size - 1)
    else:
        with pytest.raises(ValueError, match=f"after the last byte {size - 1}$"):
            parse_range(f"bytes={number}-", size)
    if number:
        assert parse_range(f"bytes=-{number}", size) == (max(size - number, 0), size - 1)
    else:
        with pytest.raises(ValueError, match="empty suffix"):
            parse_range("bytes=-0", size)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=--1", "bytes=1--2", "bytes=1.5-2"),
        *("items=0-1", "0-1", "bytes=0-1,3-4", "bytes=0-0,-1", "bytes 0-1", "bytes=0x0-1", "bytes=5-2", "bytes=+1-2"),
    ],
)
def test_what_is_no_single_range_gets_the_whole(header: str | None) -> None:
    assert parse_range(header, 100) is WHOLE


@pytest.mark.parametrize("header", ["bytes=0-9", "Bytes=0-9", " bytes = 0 - 9 "])
def test_spelling(header: str) -> None:
    assert parse_range(header, 100) == (0, 9)


@given(st.text(), SIZES)
def test_anything_is_a_range_within_the_file_the_whole_or_unsatisfiable(text: str, size: int) -> None:
    for header in (text, f"bytes={text}", f"bytes=0-{text}"):
        try:
            found = parse_range(header, size)
        except ValueError:
            continue
        assert found is WHOLE or 0 <= found[0] <= found[1] < size


@pytest.mark.parametrize("digits", ["9" * 5000, "٣", "\uff11"])
def test_numbers_beyond_reason(digits: str) -> None:
    for header in (f"bytes={digits}-", f"bytes=0-{digits}", f"bytes=-{digits}"):
        assert parse_range(header, 100) is WHOLE
