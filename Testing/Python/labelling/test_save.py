"""A saved label carries what was changed, and against what."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.labelling.effort import edits_between
from medopt.labelling.save import FOOLED, save_edited
from medopt.project import Project


def without(label: LabelMap, voxels: int) -> LabelMap:
    array = label.array.copy()
    array.reshape(-1)[np.flatnonzero(array)[:voxels]] = 0
    return LabelMap(array, label.geometry)


def test_edits_are_counted_against_the_start(small_project: Project) -> None:
    start = small_project.read_label("case-0")
    label = without(start, 9)
    version = save_edited(small_project, "case-0", label, annotator="abe", seconds=12.5, start=start, undos=3, note="n")
    last = small_project.label_history("case-0")[-1]
    assert (last.version, last.annotator, last.seconds, last.source, last.note) == (version, "abe", 12.5, "manual", "n")
    assert last.edits == edits_between(start, label, start.geometry)
    assert last.edits is not None
    assert last.edits.changed == 9
    assert (last.undos, last.blind, last.model) == (3, False, None)


def test_from_nothing_everything_is_an_edit(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    save_edited(small_project, "case-0", label, annotator="abe", blind=True)
    last = small_project.label_history("case-0")[-1]
    assert last.edits == edits_between(None, label, label.geometry)
    assert last.blind


def test_a_proposal_is_the_start_unless_another_is_given(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    small_project.save_proposal("case-0", without(label, 4), model="run-001")
    save_edited(small_project, "case-0", label, annotator="abe", source="proposal")
    last = small_project.label_history("case-0")[-1]
    assert (last.model, last.source) == ("run-001", "proposal")
    assert last.edits is not None
    assert (last.edits.changed, last.edits.as_is) == (4, False)
    save_edited(small_project, "case-0", label, annotator="abe", source="proposal", start=label)
    again = small_project.label_history("case-0")[-1].edits
    assert again is not None
    assert again.as_is


def test_what_does_not_fit_is_told_and_nothing_is_saved(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    with pytest.raises(MedOptError, match="case-0: the case has no proposal to start from"):
        save_edited(small_project, "case-0", label, annotator="abe", source="proposal")
    with pytest.raises(MedOptError, match="made blind cannot come from a proposal"):
        save_edited(small_project, "case-0", label, annotator="abe", source="proposal", start=label, blind=True)
    other = small_project.read_label("case-1")
    with pytest.raises(MedOptError, match=r"case case-0, what it started from: label and image lie on different grids"):
        save_edited(small_project, "case-0", label, annotator="abe", start=other)
    assert len(small_project.label_history("case-0")) == 1


def test_an_accepted_catch_trial_is_flagged_until_it_is_corrected(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    wrong = without(label, 40)
    small_project.save_proposal("case-0", wrong, model="run-001", catch=True)
    save_edited(small_project, "case-0", label, annotator="abe", source="proposal")
    assert small_project.case("case-0").flag is None  # noticed
    save_edited(small_project, "case-0", wrong, annotator="abe", source="proposal")
    assert small_project.case("case-0").flag == FOOLED
    save_edited(small_project, "case-0", label, annotator="abe", start=wrong)
    assert small_project.case("case-0").flag is None


def test_an_accepted_catch_trial_keeps_another_flag(small_project: Project) -> None:
    wrong = without(small_project.read_label("case-0"), 40)
    small_project.save_proposal("case-0", wrong, model="run-001", catch=True)
    small_project.set_flag("case-0", "moved while scanned")
    save_edited(small_project, "case-0", wrong, annotator="abe", source="proposal")
    assert small_project.case("case-0").flag == "moved while scanned"


def test_honest_proposals_are_not_flagged(small_project: Project) -> None:
    label = small_project.read_label("case-0")
    small_project.save_proposal("case-0", label, model="run-001")
    save_edited(small_project, "case-0", label, annotator="abe", source="proposal")
    assert small_project.case("case-0").flag is None
