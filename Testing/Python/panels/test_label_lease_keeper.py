"""One case is kept for one annotator while it is open, in a real catalogue."""

import pytest
from MedOptLabelLib.lease_keeper import RENEW_SECONDS, LeaseKeeper

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
    return LeaseKeeper(time)


def held(project):
    return [(lease.case_id, lease.annotator) for lease in project.leases.current()]


def test_the_case_that_is_shown_is_held_and_the_one_before_is_given_back(keeper, project):
    keeper.take(project, "case-0", "kim")()
    hold = keeper.take(project, "case-1", "kim")
    assert held(project) == [("case-0", "kim"), ("case-1", "kim")]
    hold()
    assert held(project) == [("case-1", "kim")]
    keeper.release()
    keeper.release()
    assert held(project) == []
    assert keeper.held is None


def test_what_somebody_else_has_is_refused_with_name_and_time(keeper, project):
    project.leases.take(["case-2"], "lee")
    with pytest.raises(MedOptError, match=r"case-2.*somebody else labels this case now.*lee, until \d\d:\d\d.*Next"):
        keeper.take(project, "case-2", "kim")
    assert keeper.held is None


def test_what_cannot_be_shown_is_given_back_unless_it_is_shown_already(keeper, project):
    keeper.take(project, "case-0", "kim")
    keeper.giveBack(project, "case-0", "kim")
    assert held(project) == []
    keeper.take(project, "case-1", "kim")()
    keeper.take(project, "case-1", "kim")
    keeper.giveBack(project, "case-1", "kim")
    assert held(project) == [("case-1", "kim")]


def test_the_lease_is_renewed_while_the_case_is_open(keeper, project, time):
    keeper.take(project, "case-0", "kim")()
    (before,) = project.leases.current()
    time.now += RENEW_SECONDS - 1
    keeper.tick()
    assert project.leases.current() == [before]
    time.now += 1
    keeper.tick()
    (after,) = project.leases.current()
    assert after.expires > before.expires
    assert after.taken == before.taken


def test_a_lease_that_was_lost_is_told_once_and_no_error(keeper, project, time):
    keeper.take(project, "case-0", "kim")()
    project.leases.release("case-0", "kim")
    project.leases.take(["case-0"], "lee", labelled=True)
    time.now += RENEW_SECONDS
    keeper.tick()
    assert "not leased to you" in keeper.problem
    keeper.release()
    assert held(project) == [("case-0", "lee")], "what is somebody else's stays"
    assert keeper.problem == ""
