from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import LabelMap
from medopt.project import Project


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
