from __future__ import annotations

import errno
import os
from datetime import datetime, timezone

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.project import Project, ProposalRecord, import_folder


def test_the_last_proposal_counts(filled: Project, make_label) -> None:
    assert filled.read_proposal("case-00") is None
    assert filled.proposal_path("case-00") is None
    filled.save_proposal("case-00", make_label(1), model="first")
    filled.save_proposal("case-00", make_label(2), model="second")
    proposal = filled.read_proposal("case-00")
    assert proposal is not None
    np.testing.assert_array_equal(proposal.array, make_label(2).array)
    path = filled.proposal_path("case-00")
    assert path is not None
    assert path.parent.name == "proposals"


def test_a_proposal_must_fit(filled: Project, make_label) -> None:
    wrong = LabelMap(np.full_like(make_label(1).array, 2), make_label(1).geometry)
    with pytest.raises(MedOptError, match="case case-00, proposal: the label holds values"):
        filled.save_proposal("case-00", wrong, model="m")
    with pytest.raises(MedOptError, match="unknown case"):
        filled.save_proposal("nobody", make_label(1), model="m")


def test_a_flag_says_something(filled: Project) -> None:
    with pytest.raises(MedOptError, match="an empty note"):
        filled.set_flag("case-00", "  ")
    assert filled.case("case-00").state == "labelled"


def test_what_is_known_of_a_proposal(filled: Project, make_label) -> None:
    assert filled.proposal("case-00") is None
    before = datetime.now(timezone.utc)
    filled.save_proposal("case-00", make_label(1), model="run-3", confidence=0.75, round=2, catch=True)
    found = filled.proposal("case-00")
    assert found is not None
    assert before <= found.time <= datetime.now(timezone.utc)
    assert found == ProposalRecord("run-3", found.time, np.count_nonzero(make_label(1).array), 0.75, 2, True, None)
    assert not found.rejected
    case = filled.case("case-00")
    assert (case.proposal_model, case.confidence) == ("run-3", 0.75)
    filled.save_proposal("case-00", make_label(2), model="run-4")
    found = filled.proposal("case-00")
    assert found is not None
    assert (found.model, found.confidence, found.round, found.catch) == ("run-4", None, None, False)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_confidence_is_a_share(filled: Project, make_label, confidence: float) -> None:
    with pytest.raises(MedOptError, match="wrong confidence: expected 0 to 1"):
        filled.save_proposal("case-00", make_label(1), model="m", confidence=confidence)


def test_a_rejected_proposal_counts_for_nothing_but_stays(filled: Project, make_folder, make_label) -> None:
    import_folder(filled, make_folder(1, first=10, name="more", labelled=False)[0])
    with pytest.raises(MedOptError, match="case-10: the case has no proposal"):
        filled.reject_proposal("case-10", "kim")
    filled.save_proposal("case-10", make_label(1), model="m", confidence=0.5)
    assert filled.status().proposals == 1
    filled.reject_proposal("case-10", "kim")
    case, found = filled.case("case-10"), filled.proposal("case-10")
    assert (case.state, case.proposal_model, case.confidence) == ("unlabelled", None, None)
    assert found is not None
    assert (found.rejected, found.rejected_by, found.model) == (True, "kim", "m")
    assert filled.status().proposals == 0
    np.testing.assert_array_equal(filled.read_proposal("case-10").array, make_label(1).array)
    filled.save_proposal("case-10", make_label(2), model="n")
    assert filled.case("case-10").state == "proposed"
    with pytest.raises(MedOptError, match="no usable annotator"):
        filled.reject_proposal("case-10", " ")


def test_a_kill_at_any_point_leaves_the_old_proposal_or_the_new_one(
    filled: Project, make_label, crash_everywhere
) -> None:
    grid = make_label(1).geometry

    def scores(number: int) -> np.ndarray:
        return np.random.default_rng(number).integers(10, 127, (2, *grid.shape)).astype(np.uint8)

    filled.save_proposal("case-00", make_label(1), model="1", scores=scores(1))
    seen = {"now": 1}
    advanced = set()

    def work() -> None:
        number = seen["now"] + 1
        filled.save_proposal("case-00", make_label(number), model=str(number), scores=scores(number))

    def verify(_: int) -> None:
        for project in (filled, Project.open(filled.folder)):  # one that was open all along, and a new one
            record = project.proposal("case-00")
            assert record is not None
            number = int(record.model)
            assert number in (seen["now"], seen["now"] + 1)
            np.testing.assert_array_equal(project.read_proposal("case-00").array, make_label(number).array)
            found = project.read_scores("case-00")
            assert found is None or (found.values == scores(number)).all()
        advanced.add(number - seen["now"])
        seen["now"] = number

    assert crash_everywhere(work, verify) > 6
    assert advanced == {0, 1}
    work()
    final = Project.open(filled.folder).read_scores("case-00")
    assert final is not None
    assert (final.values == scores(seen["now"] + 1)).all()


def test_a_proposal_that_cannot_be_written_leaves_the_old_one(
    filled: Project, make_label, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    filled.save_proposal("case-00", make_label(1), model="1")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(MedOptError, match="the disk is full"):
            filled.save_proposal("case-00", make_label(2), model="2")
    np.testing.assert_array_equal(filled.read_proposal("case-00").array, make_label(1).array)
    assert not list((filled.folder / "proposals").glob(".partial*"))
