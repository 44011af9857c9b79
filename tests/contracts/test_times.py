"""The forms in which vendors write times."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.times import is_integer, precision, read_time, write_time

FORMS = [
    "epoch-s",
    "epoch-ms",
    "epoch-ns",
    "epoch-s-string",
    "epoch-ms-string",
    "epoch-ns-string",
    "iso",
    "iso-ms",
    "iso-us",
    "iso-offset",
    "naive",
    "naive-ms",
    "naive+08:00",
    "naive-08:00",
    "naive-ms+05:45",
    "compact",
]
MOMENT = 1_780_308_000.25  # 2026-06-01T10:00:00.250Z


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("epoch-s", 1_780_308_000),
        ("epoch-ms", 1_780_308_000_250),
        ("epoch-ns", 1_780_308_000_250_000_000),
        ("epoch-s-string", "1780308000"),
        ("epoch-ms-string", "1780308000250"),
        ("epoch-ns-string", "1780308000250000000"),
        ("iso", "2026-06-01T10:00:00Z"),
        ("iso-offset", "2026-06-01T10:00:00+00:00"),
        ("iso-ms", "2026-06-01T10:00:00.250Z"),
        ("iso-us", "2026-06-01T10:00:00.250000Z"),
        ("naive", "2026-06-01 10:00:00"),
        ("naive-ms", "2026-06-01 10:00:00.250"),
        ("naive+08:00", "2026-06-01 18:00:00"),
        ("naive-ms-03:30", "2026-06-01 06:30:00.250"),
        ("compact", "20260601100000"),
    ],
)
def test_each_form_by_example(form: str, written: str | int) -> None:
    assert write_time(MOMENT, form) == written
    fine = 0.25 if precision(form) < 1 else 0
    assert read_time(written, form) == pytest.approx(1_780_308_000 + fine, abs=1e-6)


@given(st.sampled_from(FORMS), st.integers(946_684_800_000, 4_102_444_799_000))
def test_round_trip(form: str, milliseconds: int) -> None:
    epoch = milliseconds / 1000
    again = read_time(write_time(epoch, form), form)
    assert abs(again - epoch) < precision(form) + 1e-5
    # what was read is written as it was: forms lose nothing but what they cannot show
    assert abs(read_time(write_time(again, form), form) - again) < 0.0011


@given(st.sampled_from(FORMS), st.integers(946_684_800_000, 4_102_443_800_000), st.integers(0, 10**6))
def test_order_is_kept(form: str, milliseconds: int, later: int) -> None:
    first, second = milliseconds / 1000, (milliseconds + later) / 1000
    assert read_time(write_time(first, form), form) <= read_time(write_time(second, form), form)


def test_a_whole_second_is_not_the_one_before() -> None:
    assert write_time(1_780_308_001 - 1e-7, "iso-ms") == "2026-06-01T10:00:01.000Z"
    assert write_time(1_780_308_001 - 1e-7, "naive-ms") == "2026-06-01 10:00:01.000"


@pytest.mark.parametrize(
    ("text", "fraction"), [("Z", 0), (".5Z", 0.5), (".123456789+00:00", 0.123456), ("+0000", 0), (".25-00:00", 0.25)]
)
def test_iso_is_read_with_any_fraction_and_zone(text: str, fraction: float) -> None:
    for form in ("iso", "iso-ms", "iso-us", "iso-offset"):
        assert read_time(f"2026-06-01T10:00:00{text}", form) == pytest.approx(1_780_308_000 + fraction, abs=1e-6)
    assert read_time("2026-06-01T18:00:00+08:00", "iso") == 1_780_308_000


@pytest.mark.parametrize("form", ["epoch-s", "epoch-ms", "epoch-ns"])
def test_zero_stands_for_no_time(form: str) -> None:
    assert read_time(0, form) == 0
    assert read_time("0", f"{form}-string") == 0


@pytest.mark.parametrize(
    ("value", "form", "what"),
    [
        ("1780308000", "epoch-s", "expected an integer (epoch-s)"),
        (1780308000.5, "epoch-s", "expected an integer"),
        (True, "epoch-s", "expected an integer"),
        (None, "epoch-ms", "expected an integer (epoch-ms)"),
        (1_780_308_000_000, "epoch-s", "not a time in epoch-s of this century"),
        (1_780_308_000, "epoch-ms", "not a time in epoch-ms of this century"),
        (-1, "epoch-s", "not a time"),
        (10**400, "epoch-s", "not a time"),
        (10**400, "epoch-ns", "not a time"),
        (1780308000, "epoch-s-string", "expected digits in a string"),
        ("1780308000.0", "epoch-s-string", "expected digits in a string"),
        ("", "epoch-s-string", "expected digits in a string"),
        ("9" * 400, "epoch-ms-string", "not a time"),
        (1780308000, "iso", "expected a string (iso)"),
        ("2026-06-01T10:00:00", "iso", "not ISO 8601 with a zone"),
        ("2026-06-01 10:00:00Z", "iso-ms", "not ISO 8601"),
        ("2026-06-01T10:00:00.Z", "iso-ms", "not ISO 8601"),
        ("2026-13-01T10:00:00Z", "iso", "month"),
        ("2026-06-31T10:00:00Z", "iso", "day"),
        ("2026-06-01T25:00:00Z", "iso", "hour"),
        ("2026-06-01T10:00:00Z", "naive", "not YYYY-MM-DD HH:MM:SS"),
        ("2026-06-01", "naive-ms", "not YYYY-MM-DD HH:MM:SS"),
        (None, "naive", "expected a string"),
        ("2026060110000", "compact", ""),
        ("20261301100000", "compact", ""),
        ("2026-06-01", "compact", ""),
        ("x", "stardate", "unknown form of time: stardate"),
    ],
)
def test_what_is_wrong_is_said(value: Any, form: str, what: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_time(value, form)
    assert what in str(caught.value)


def test_an_unknown_form_is_not_written() -> None:
    with pytest.raises(ValueError, match="unknown form of time: stardate"):
        write_time(1.0, "stardate")


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
LIKE_TIMES = st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", fullmatch=True)


@given(st.sampled_from(FORMS), JSON | LIKE_TIMES | st.from_regex(r"\d+", fullmatch=True))
def test_whatever_stands_there_is_a_time_or_a_value_error(form: str, value: Any) -> None:
    try:
        read = read_time(value, form)
    except ValueError:
        return
    assert isinstance(read, float)


def test_precision_is_a_second_only_where_a_second_is_all_that_is_written() -> None:
    coarse = {form for form in FORMS if precision(form) == 1.0}
    assert coarse == {
        "epoch-s",
        "epoch-s-string",
        "iso",
        "iso-offset",
        "naive",
        "naive+08:00",
        "naive-08:00",
        "compact",
    }


@pytest.mark.parametrize(
    ("value", "whole"), [(1, True), (1.0, True), (-0.0, True), (1.5, False), (True, False), ("1", False), (None, False)]
)
def test_integers_are_those_of_json_schema(value: object, whole: bool) -> None:
    assert is_integer(value) is whole
    assert jsonschema_rs.is_valid({"type": "integer"}, value) is whole
