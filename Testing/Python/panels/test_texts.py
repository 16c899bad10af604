"""Numbers as people read them."""

import pytest

from MedOptCoreLib.texts import duration, interval, number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (4800, "1 h 20 min"),
        (-1, "0 s"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_gaps_are_dashes_and_intervals_need_both_ends():
    assert number(None) == "–"
    assert number(0.91249) == "0.912"
    assert interval(0.9124, 0.9049, 0.9181) == "0.912 [0.905, 0.918]"
    assert interval(0.9124, None, 0.9181) == "0.912"
    assert interval(None, 0.1, 0.2) == "–"
