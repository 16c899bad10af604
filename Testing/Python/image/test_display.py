"""DisplayWindow: DICOM's formulas against pydicom, bounds, monotonicity, and its way to a file and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi, apply_windowing

from medopt.errors import MedOptError
from medopt.image import DisplayWindow, Geometry, Image, windows_of_channels
from medopt.image.display import NAMES, known_name

FORMULAS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
TABLE = np.array([10, 0, 700, 1023, 512], np.uint16)


def header(**elements: Any) -> Dataset:
    """A signed 16-bit image's header."""
    data = Dataset()
    data.PhotometricInterpretation, data.BitsStored, data.PixelRepresentation = "MONOCHROME2", 16, 1
    for keyword, value in elements.items():
        setattr(data, keyword, value)
    return data


def grey_of_pydicom(values: np.ndarray, window: DisplayWindow) -> np.ndarray:
    """pydicom maps to the stored range, -32768 to 32767 here; this is that range as 0 to 1."""
    data = header(WindowCenter=window.center, WindowWidth=window.width, VOILUTFunction=window.function)
    return (apply_windowing(values, data) + 2**15) / (2**16 - 1)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning:pydicom")
@pytest.mark.parametrize("function", FORMULAS)
@pytest.mark.parametrize(("center", "width"), [(40, 400), (0.5, 1), (-600, 1500.5), (7, 2), (100, 3.25)])
def test_the_formulas_of_the_standard(function: Any, center: float, width: float) -> None:
    window = DisplayWindow(center, width, function)
    values = np.arange(-2000, 2000, dtype=np.float32).reshape(4, 25, 40)
    expected = grey_of_pydicom(values, window)
    assert_allclose(window.apply(values.copy()), expected, atol=1e-6)
    inverted = DisplayWindow(center, width, function, inverted=True)
    assert_allclose(inverted.apply(values.copy()), 1 - expected, atol=1e-6)


def test_examples_of_the_standard() -> None:
    """PS3.3 C.11.2.1.2.1: centre 2048 and width 4096 is the identity of 12 bit; centre 2048, width 1 a threshold."""
    values = np.arange(4096, dtype=np.float32)
    assert_allclose(DisplayWindow(2048, 4096).apply(values.copy()) * 4095, values, atol=4e-4)
    assert_array_equal(DisplayWindow(2048, 1).apply(values.copy()), values > 2047.5)
    assert_array_equal(DisplayWindow(0, 100).apply(np.array([-50, 49], np.float32)), [0, 1])
    assert_array_equal(DisplayWindow(0, 100, "LINEAR_EXACT").apply(np.array([-50, 50], np.float32)), [0, 1])


@pytest.mark.parametrize("first", [0, -2, 300])
def test_a_table_against_pydicom(first: int) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [len(TABLE), first, 10])
    item.add_new("LUTData", "US", TABLE.tolist())
    values = np.arange(first - 4, first + 9, dtype=np.int32)
    expected = apply_voi(values, header(VOILUTSequence=[item])) / 1023
    window = DisplayWindow.of_table(TABLE, first, 10)
    assert_allclose(window.apply(values.astype(np.float32)), expected, atol=1e-7)
    assert window.limits == (first, first + 4)


def test_a_table_between_its_entries() -> None:
    found = DisplayWindow.of_table(TABLE, 5, 10).apply(np.array([5.25, 8.5, 4.9, 9.1], np.float32))
    assert_allclose(found * 1023, [7.5, (1023 + 512) / 2, 10, 512], atol=1e-3)


numbers = st.floats(-5000, 5000, width=32)
windows = st.one_of(
    st.builds(DisplayWindow, numbers, st.floats(1, 5000, width=32), st.sampled_from(FORMULAS), st.booleans()),
    st.builds(DisplayWindow, numbers, st.floats(1e-30, 1, exclude_min=True), st.sampled_from(FORMULAS[1:])),
    st.builds(
        lambda entries, first, inverted: DisplayWindow.of_table(
            np.sort(np.array(entries, np.uint16)), first, 12, inverted=inverted
        ),
        st.lists(st.integers(0, 4095), min_size=1, max_size=40),
        st.integers(-4000, 4000),
        st.booleans(),
    ),
)


@given(windows, st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=30))
def test_grey_is_bounded_and_never_turns_back(window: DisplayWindow, values: list[float]) -> None:
    ordered = np.sort(np.array([*values, window.center], np.float32))
    grey = window.apply(ordered.copy())
    assert grey.dtype == np.float32
    assert grey.min() >= 0
    assert grey.max() <= 1
    steps = np.diff(grey)
    assert (steps <= 1e-7).all() if window.inverted else (steps >= -1e-7).all()


@given(windows)
def test_beyond_its_limits_a_window_is_at_its_ends(window: DisplayWindow) -> None:
    low, high = window.limits
    assert low <= high
    margin = np.spacing(np.float32(max(abs(low), abs(high)))) * 2
    ends = window.apply(np.array([low - margin, high + margin], np.float32)).astype(float)
    expected = [0.0, 1.0]
    if window.table is not None:
        expected = [window.table[0] / 4095, window.table[-1] / 4095]
    if window.inverted:
        expected = [1 - x for x in expected]
    assert_allclose(ends, expected, atol=0.5 / 255 * 1.001 if window.function == "SIGMOID" else 1e-6)


@given(windows, st.sampled_from(sorted(NAMES)), st.sampled_from([None, 0, 3]))
def test_to_a_file_and_back(window: DisplayWindow, name: str, channel: int | None) -> None:
    from dataclasses import replace

    window = replace(window, name=name, channel=channel)
    back = DisplayWindow.from_json(json.loads(json.dumps(window.to_json(), allow_nan=False)))
    assert back == window
    assert hash(back) == hash(window)


def test_values_are_written_in_place_and_others_copied() -> None:
    values = np.zeros((2, 3, 4), np.float32)
    assert DisplayWindow(0, 10).apply(values) is values
    whole = np.zeros((2, 3, 4), np.int16)
    assert DisplayWindow(0, 10).apply(whole).dtype == np.float32
    assert not whole.any()
    assert DisplayWindow(0, 10).apply(np.zeros((0, 3, 4), np.float32)).shape == (0, 3, 4)
    for window in (DisplayWindow(0, 10), DisplayWindow(0, 10, "SIGMOID"), DisplayWindow.of_table(TABLE, 0, 10)):
        slanted = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
        assert_array_equal(window.apply(slanted.copy()), window.apply(slanted))


@pytest.mark.parametrize(
    "window",
    [
        DisplayWindow(0, 10),
        DisplayWindow(0, 1),
        DisplayWindow(0, 1, "SIGMOID"),
        DisplayWindow.of_table(TABLE, 0, 10),
    ],
)
@pytest.mark.filterwarnings("error")
def test_not_a_number_stays_and_infinity_is_an_end(window: DisplayWindow) -> None:
    grey = window.apply(np.array([np.nan, -np.inf, np.inf], np.float32))
    assert np.isnan(grey[0])
    assert np.isfinite(grey[1:]).all()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (DisplayWindow(40, 0.5), "the window is too narrow: expected a width of 1 or more for LINEAR, found 0.5"),
        (DisplayWindow(40, 0, "LINEAR_EXACT"), "expected a width of more than 0 for LINEAR_EXACT, found 0"),
        (DisplayWindow(40, -3, "SIGMOID"), "expected a width of more than 0 for SIGMOID, found -3"),
        (DisplayWindow(float("nan"), 400), "the window cannot be used"),
        (DisplayWindow(0, float("inf")), "the window cannot be used"),
        (DisplayWindow(0, 1e31), "centre and width up to 1e"),
        (DisplayWindow(0, 1, "TABLE"), "the lookup table cannot be used"),
        (DisplayWindow.of_table(TABLE, 0, 8), "the lookup table cannot be used"),
        (DisplayWindow.of_table(TABLE, 0, 17), "the lookup table cannot be used"),
    ],
)
def test_windows_that_are_forbidden(window: DisplayWindow, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        window.apply(np.zeros(3, np.float32))
    with pytest.raises(MedOptError, match=message):
        _ = window.limits


GOOD = DisplayWindow(1, 2).to_json()
GOOD_TABLE = DisplayWindow.of_table(TABLE, 0, 10).to_json()


@pytest.mark.parametrize(
    "value",
    [
        None, [], {}, "x", {**GOOD, "more": 1}, {**GOOD, "center": "1"}, {**GOOD, "width": True},
        {**GOOD, "function": "CUBIC"}, {**GOOD, "inverted": 1}, {**GOOD, "name": "Erika Mustermann"},
        {**GOOD, "channel": -1}, {**GOOD, "channel": 0.5}, {**GOOD, "table": GOOD_TABLE["table"]},
        {**GOOD, "function": "TABLE"}, {**GOOD, "function": []}, {**GOOD, "name": []}, {**GOOD, "width": 0},
        {**GOOD, "center": 10**400}, {**GOOD, "center": float("nan")},
        {**GOOD_TABLE, "table": 3}, {**GOOD_TABLE, "table": {}},
        {**GOOD_TABLE, "table": {"first": 0, "bits": 10, "entries": "§"}},
        {**GOOD_TABLE, "table": {"first": 0, "bits": 10, "entries": "AA=="}},
        {**GOOD_TABLE, "table": {"first": 0, "bits": 10, "entries": ""}},
        {**GOOD_TABLE, "table": {"first": 0, "bits": 10**9, "entries": "AAA="}},
        {**GOOD_TABLE, "table": {"first": 10**400, "bits": 10, "entries": "AAAA"}},
    ],
)  # fmt: skip
def test_what_describes_no_window(value: object) -> None:
    with pytest.raises(MedOptError, match=r"no description of a window|cannot be used|too narrow"):
        DisplayWindow.from_json(value)


def test_names_are_of_a_closed_list() -> None:
    assert known_name(" LUNG ") == "lung"
    assert known_name("Soft-Tissue") == "soft tissue"
    assert known_name("lung Mustermann") == ""
    assert known_name("") == ""


def test_windows_of_an_image_and_its_channels() -> None:
    first, second = DisplayWindow(1, 2), DisplayWindow(3, 4)
    grid = Geometry((1, 1, 1))
    same = Image(np.zeros((2, 1, 1, 1)), grid, windows_of_channels([(first, second), (first, second)]))
    assert same.windows == (first, second) == same.windows_of(1)
    apart = Image(np.zeros((2, 1, 1, 1)), grid, windows_of_channels([(first,), (second, first)]))
    assert [window.center for window in apart.windows_of(0)] == [1]
    assert [window.center for window in apart.windows_of(1)] == [3, 1]
    assert windows_of_channels([]) == ()
    assert Image(np.zeros((2, 1, 1, 1)), grid).windows == ()
