"""Signals of presenters."""

import pytest

from MedOptCoreLib.signal import Signal


def test_listeners_get_the_values_in_the_order_of_connecting():
    signal, heard = Signal(), []
    signal.connect(lambda value: heard.append(("first", value)))
    signal.connect(lambda value: heard.append(("second", value)))
    signal.emit(3)
    assert heard == [("first", 3), ("second", 3)]


def test_connecting_twice_calls_once_and_disconnecting_ends_it():
    signal, heard = Signal(), []
    signal.connect(heard.append)
    signal.connect(heard.append)
    signal.emit(1)
    signal.disconnect(heard.append)
    signal.disconnect(heard.append)
    signal.emit(2)
    assert heard == [1]


def test_a_listener_that_disconnects_another_keeps_it_from_this_emission():
    signal, heard = Signal(), []

    def second():
        heard.append("second")

    signal.connect(lambda: signal.disconnect(second))
    signal.connect(second)
    signal.emit()
    assert heard == []
    signal.disconnect()
    signal.emit()
    assert heard == []


def test_a_failing_listener_does_not_keep_the_others_from_hearing():
    signal, heard = Signal(), []

    def fails():
        raise ValueError("broken")

    signal.connect(fails)
    signal.connect(lambda: heard.append("later"))
    with pytest.raises(ValueError, match="broken"):
        signal.emit()
    assert heard == ["later"]
