"""The clock of labelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedOptLabelLib.clock import IDLE_SECONDS, LabellingClock


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


def test_work_counts_and_long_pauses_do_not():
    time = Time()
    clock = LabellingClock(time)
    clock.start()
    for pause in (10, 25, 31, 5, 600):
        time.now += pause
        clock.touch()
    assert clock.seconds == 40


def test_the_pause_that_lasts_now_counts_until_it_is_long():
    time = Time()
    clock = LabellingClock(time)
    clock.start()
    time.now += IDLE_SECONDS
    assert clock.seconds == IDLE_SECONDS
    time.now += 1
    assert clock.seconds == 0


def test_nothing_counts_while_another_panel_is_in_front():
    time = Time()
    clock = LabellingClock(time)
    clock.start()
    time.now += 8
    clock.stop()
    time.now += 20
    clock.touch()
    clock.resume()
    time.now += 4
    clock.touch()
    assert clock.seconds == 12
    clock.start()
    assert clock.seconds == 0


@given(st.lists(st.floats(0, 100), max_size=30))
def test_never_more_than_the_time_that_passed(pauses):
    time = Time()
    clock = LabellingClock(time)
    clock.start()
    for pause in pauses:
        time.now += pause
        clock.touch()
    wanted = sum(p for p in pauses if p <= IDLE_SECONDS)
    assert clock.seconds == pytest.approx(wanted, abs=1e-6)
