"""Requests to stop, by signal and by file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from medopt.jobs.stop import Stopped, StopRequest, stop_by_file, stop_by_signal


def send(number: int) -> None:
    """Send a signal to this process and give it the time to arrive."""
    os.kill(os.getpid(), number)
    time.sleep(0.01)


def test_work_that_polls_is_asked_and_not_interrupted():
    stop = StopRequest()
    with stop_by_signal(stop):
        assert not stop.polling().requested()
        send(signal.SIGTERM)
        assert stop.requested()


def test_work_that_does_not_poll_is_interrupted():
    stop = StopRequest()
    with pytest.raises(Stopped), stop_by_signal(stop):
        send(signal.SIGTERM)
    assert stop.requested()


def test_a_second_ctrl_c_interrupts_even_work_that_polls():
    stop = StopRequest()
    with stop_by_signal(stop):
        stop.polling()
        send(signal.SIGINT)
        with pytest.raises(Stopped):
            send(signal.SIGINT)


def test_earlier_handlers_come_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stop_by_signal(StopRequest()):
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_hangup_stays_ignored_where_it_was_ignored():
    earlier = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = StopRequest()
        with stop_by_signal(stop):
            send(signal.SIGHUP)
            assert not stop.requested()
    finally:
        signal.signal(signal.SIGHUP, earlier)


def test_outside_the_main_thread_nothing_is_installed():
    found = []

    def run() -> None:
        before = signal.getsignal(signal.SIGTERM)
        with stop_by_signal(StopRequest()):
            found.append(signal.getsignal(signal.SIGTERM) == before)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [True]


def test_a_forked_helper_ends_when_told_to():
    program = """
import os, signal, time
from medopt.jobs.stop import StopRequest, stop_by_signal
stop = StopRequest()
with stop_by_signal(stop):
    stop.polling()
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"x")
        time.sleep(20)
        os._exit(0)
    os.read(ready, 1)
    os.kill(child, signal.SIGTERM)
    status = os.waitpid(child, 0)[1]
    raise SystemExit(0 if os.WIFSIGNALED(status) and not stop.requested() else 1)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0


def test_a_file_asks_work_that_polls(tmp_path):
    looks = []
    stop = StopRequest().polling()
    with stop_by_file(tmp_path / "stop", stop, every=lambda: looks.append(1)):
        (tmp_path / "stop").touch()
        end = time.monotonic() + 20
        while not stop.requested() and time.monotonic() < end:
            time.sleep(0.02)
    assert stop.requested()
    assert looks


def test_a_file_interrupts_work_that_waits_in_the_system(tmp_path):
    stop = StopRequest()
    (tmp_path / "stop").touch()
    with (
        pytest.raises(Stopped),
        stop_by_signal(stop),
        stop_by_file(tmp_path / "stop", stop, every=lambda: None),
    ):
        time.sleep(20)
