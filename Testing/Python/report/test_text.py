"""Numbers and texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.report.text import (
    count,
    duration,
    interval,
    listing,
    metric_title,
    metric_value,
    network_title,
    number,
    plain,
    shorten,
    without_folders,
)


@given(st.text(max_size=400))
def test_plain_is_one_printable_line_of_bounded_length(text: str) -> None:
    found = plain(text)
    assert "\n" not in found
    assert "\x00" not in found
    assert len(found) <= 200
    found.encode("utf-8")  # raises for halves of characters
    assert plain(found) == found


def test_direction_marks_cannot_reorder_a_page() -> None:
    assert plain("abc\u202edcba") == "abcdcba"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/jane.doe/scans/a.nrrd: damaged", "a.nrrd: damaged"),
        (r"C:\Users\Jane Doe\scan.nrrd is missing", "scan.nrrd is missing"),
        ("cannot read /data/x/y.nii.gz now", "cannot read y.nii.gz now"),
        ("0.5 mm / 2", "0.5 mm / 2"),
    ],
)
def test_folders_are_cut_from_paths(text: str, expected: str) -> None:
    assert without_folders(text) == expected


def test_numbers() -> None:
    assert number(-0.0004, 3) == "0.000"
    assert number(-1.25, 1) == "−1.2"
    assert number(None, 2) == "–"
    assert interval(0.861, 0.884, 2) == "[0.86, 0.88]"
    assert interval(None, 0.9, 2) == ""
    assert metric_value("hd95_mm", 1.234) == "1.23"
    assert metric_title("hd95_mm") == "HD95 (mm)"
    assert count(1, "case") == "1 case"
    assert count(1234, "case") == "1,234 cases"
    assert [duration(s) for s in (9.6, 90, 12_000)] == ["10 s", "1.5 min", "3 h 20 min"]
    assert [listing(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert network_title("residual_unet") == "residual U-Net"
    assert shorten("x" * 40 + "end", 12) == "xxxxxxx…xend"
