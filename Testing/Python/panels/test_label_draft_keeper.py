"""Drafts come when they are due, and go when the work is accepted; a real project keeps them."""

import numpy as np
import pytest
from MedOptLabelLib import draft_keeper
from MedOptLabelLib.draft_keeper import LEAST_SECONDS, MOST_SECONDS, DraftKeeper
from MedOptLabelLib.open_case import openCase
from standins.material import GRID, blob

from medopt import MedOptError


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def keeper(time):
    return DraftKeeper(time)


@pytest.fixture
def opened(project):
    return openCase(project, project.case("case-2"), GRID)


def keep(keeper, project, opened, label, **options):
    keeper.save(project, opened, lambda: label, "kim", **{"seconds": 30.0, "undos": 2, **options})


def test_a_draft_is_due_after_a_change_and_not_before_its_time(keeper, project, opened, time):
    keeper.begin(project, opened, "kim")
    time.now += MOST_SECONDS
    assert not keeper.due, "nothing was changed"
    keeper.note()
    assert keeper.due
    keep(keeper, project, opened, blob((1,)))
    assert not keeper.due
    keeper.note()
    time.now += LEAST_SECONDS - 0.1
    assert not keeper.due
    time.now += 0.1
    assert keeper.due


def test_drafts_that_take_long_to_write_are_rarer_but_come_every_minute(keeper, project, opened, time):
    def slow(seconds):
        def read():
            time.now += seconds
            return blob((1,))

        return read

    keeper.begin(project, opened, "kim")
    keeper.save(project, opened, slow(0.5), "kim", seconds=1.0, undos=None)
    keeper.note()
    time.now += 24.9
    assert not keeper.due
    time.now += 0.1
    assert keeper.due
    keeper.save(project, opened, slow(10.0), "kim", seconds=1.0, undos=None)
    keeper.note()
    time.now += MOST_SECONDS
    assert keeper.due
    assert draft_keeper.MOST_SECONDS == 60


def test_the_next_session_is_offered_the_draft(keeper, project, opened):
    keep(keeper, project, opened, blob((1, 2), 1))
    other = DraftKeeper(lambda: 0.0)
    other.begin(project, opened, "kim")
    np.testing.assert_array_equal(other.offer.label.array, blob((1, 2), 1).array)
    assert "unaccepted work of yours" in other.text
    assert "(30 s)." in other.text
    other.begin(project, opened, "lee")
    assert other.offer is None, "it is not theirs"
    assert other.text == ""


def test_a_draft_that_is_older_than_the_label_says_so(keeper, project, opened):
    keep(keeper, project, opened, blob((1,)))
    project.save_label("case-2", blob((2,)), annotator="lee")
    keeper.begin(project, openCase(project, project.case("case-2"), GRID), "kim")
    assert keeper.text.endswith("the label was saved anew since then.")


def test_a_draft_that_says_what_is_saved_is_forgotten(keeper, project, opened):
    keep(keeper, project, opened, blob((1,)))
    project.save_label("case-2", blob((1,)), annotator="kim")
    keeper.begin(project, openCase(project, project.case("case-2"), GRID), "kim")
    assert keeper.offer is None
    assert project.drafts.list() == []


def test_work_that_was_taken_back_leaves_no_draft_but_one_of_an_earlier_session_stays(keeper, project, opened):
    keep(keeper, project, opened, blob((1,)))
    keeper.begin(project, opened, "kim")
    keeper.settle(project, "case-2", "kim")
    assert len(project.drafts.list()) == 1
    keep(keeper, project, opened, blob((2,)))
    keeper.settle(project, "case-2", "kim")
    assert project.drafts.list() == []


def test_what_goes_wrong_is_told_and_stops_nobody(keeper, project, opened, monkeypatch):
    def full(*_arguments, **_options):
        raise MedOptError("the disk is full")

    monkeypatch.setattr(project.drafts, "save", full)
    keep(keeper, project, opened, blob((1,)))
    assert keeper.problem.startswith("the disk is full")
    monkeypatch.undo()
    keep(keeper, project, opened, blob((1,)))
    assert keeper.problem == ""
    (path,) = [p for p in (project.folder / "drafts").rglob("*") if p.is_file()]
    path.write_bytes(b"broken")
    keeper.begin(project, opened, "kim")
    assert keeper.offer is None
    assert keeper.problem
