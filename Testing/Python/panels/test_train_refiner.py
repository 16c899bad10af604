"""Long work in pieces; the newest wins."""

import time

from MedOptTrainLib import refiner as module
from MedOptTrainLib.refiner import Refiner, outward

from medopt import MedOptError
from MedOptCoreLib.timer import HandTimer


def work(log, name, pieces, seconds=0.0):
    for n in range(pieces):
        log.append((name, n))
        time.sleep(seconds)
        yield


def make():
    errors = []
    timer = HandTimer()
    return Refiner(timer, errors.append), timer, errors


def test_pieces_run_only_in_ticks_and_within_the_budget(monkeypatch):
    monkeypatch.setattr(module, "BUDGET", 0.02)
    refiner, timer, _errors = make()
    log = []
    refiner.start(work(log, "a", 5, 0.015))
    assert log == []
    timer.tick()
    assert 1 <= len(log) <= 2
    refiner.finish()
    assert len(log) == 5
    assert not refiner.busy
    assert timer.callback is None, "the clock stands still when there is nothing to do"


def test_new_work_drops_what_was_pending(monkeypatch):
    monkeypatch.setattr(module, "BUDGET", 0)
    refiner, timer, _errors = make()
    log = []
    refiner.start(work(log, "old", 9))
    timer.tick()
    refiner.start(work(log, "new", 2))
    refiner.finish()
    assert log == [("old", 0), ("new", 0), ("new", 1)]


def test_a_piece_may_start_other_work():
    refiner, _timer, _errors = make()
    log = []

    def first():
        yield
        refiner.start(work(log, "other", 2))
        yield

    refiner.start(first())
    refiner.finish()
    assert len(log) == 2


def test_an_error_ends_the_work_and_is_told():
    refiner, timer, errors = make()

    def wrong():
        yield
        raise MedOptError("no scale")

    refiner.start(wrong())
    timer.tick(3)
    assert [error.problem for error in errors] == ["no scale"]
    assert not refiner.busy


def test_pieces_cover_every_slice_once_and_begin_where_one_looks():
    for shape, planes in (((128, 256, 256), (90,)), ((7, 600, 600), (0, 6)), ((1, 30, 30), (0,))):
        pieces = list(outward(shape, planes))
        assert sorted(k for a, b in pieces for k in range(a, b)) == list(range(shape[0]))
        assert pieces[0][0] <= planes[0] < pieces[0][1] or pieces[0][0] <= planes[-1] < pieces[0][1]
