"""What proposals say of how unsure they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import entropy

from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling import doubts
from medopt.labelling.doubts import doubt_of_label, doubt_of_scores, read_doubts
from medopt.labelling.strategies import Entropy
from medopt.project.proposal_scores import ProposalScores


def scores_of(values) -> ProposalScores:
    return ProposalScores((1, 4), Geometry(values.shape[1:]), (0, 0, 0), values)


def test_entropy_by_class_is_scipys(rng):
    shares = rng.dirichlet([0.4, 0.4, 1.0], (20, 5, 6)).transpose(3, 0, 1, 2)
    values = np.round(shares[:2] * 255).astype(np.uint8)
    label = np.zeros((20, 5, 6), np.uint8)
    label[2, 2, 2] = 4
    found = doubt_of_scores(scores_of(values), label)
    p = np.concatenate([values, (255 - values.sum(axis=0, dtype=int))[None].clip(0)]) / 255
    per_voxel = entropy(p, axis=0) / math.log(3)
    for n, value in enumerate((1, 4)):
        assert found.by_class[value].total == pytest.approx((per_voxel * p[n]).sum(), rel=2e-3)
        assert found.by_class[value].mass == pytest.approx(p[n].sum(), rel=1e-4)
    assert found.overall.total == pytest.approx(per_voxel.sum(), rel=2e-3)
    assert found.overall.mass == pytest.approx(p[:2].sum(), rel=2e-3)
    assert found.shown == {4}


def test_a_sure_proposal_has_no_entropy_and_a_class_without_any_is_left_out():
    values = np.zeros((2, 4, 4, 4), np.uint8)
    values[0, 1:3] = 255
    found = doubt_of_scores(scores_of(values), np.where(values[0] > 0, 1, 0))
    assert found.by_class == {1: Entropy(pytest.approx(0, abs=1e-4), 32)}
    assert found.shown == {1}


def test_boxes_count_by_their_scores_and_images_by_their_confidence():
    boxes = [Box((0, 0, 0), (1, 1, 1), 1, score=s) for s in (0.5, 1.0)] + [Box((0, 0, 0), (1, 1, 1), 4)]
    found = doubt_of_label(Boxes(tuple(boxes)), 0.8, [1, 4])
    assert found.by_class == {1: Entropy(1.0, 2.0), 4: Entropy(0.0, 1.0)}
    assert found.overall == Entropy(1.0, 3.0)
    nothing = doubt_of_label(Boxes(()), 0.75, [1, 4])
    assert (nothing.shown, nothing.overall, dict(nothing.by_class)) == (frozenset(), Entropy(0.25, 1.0), {})
    whole = doubt_of_label(ClassLabel((4,)), 0.6, [1, 4])
    assert whole.by_class == {4: Entropy(pytest.approx(0.4), 1.0)}
    assert doubt_of_label(ClassLabel((4,)), None, [1, 4]).overall == Entropy(0.0, 1.0)


def propose(project, case: str, level: int, *, confidence: float | None = 0.7, round: int | None = 1) -> None:
    """Class 1 proposed in a block with a probability of ``level`` / 255 around it."""
    grid = project.case(case).geometry
    label = np.zeros(grid.shape, np.uint8)
    label[2:5, 2:5, 2:5] = 1
    scores = np.zeros((2, *grid.shape), np.uint8)
    scores[0, 1:6, 1:6, 1:6] = level
    project.save_proposal(case, LabelMap(label, grid), model="run-1", confidence=confidence, round=round, scores=scores)


def test_proposals_are_read_once_and_anew_when_they_change(unlabelled, monkeypatch):
    cases = [case.id for case in unlabelled.cases()]
    propose(unlabelled, cases[0], 128)
    propose(unlabelled, cases[1], 250, round=2)
    grid = unlabelled.case(cases[2]).geometry
    unlabelled.save_proposal(cases[2], LabelMap(np.ones(grid.shape, np.uint8), grid), model="old")
    found = read_doubts(unlabelled, cases)
    assert set(found) == set(cases[:3])
    assert [found[case].round for case in cases[:3]] == [1, 2, None]
    assert found[cases[0]].doubt.by_class[1].mean() > found[cases[1]].doubt.by_class[1].mean()
    assert found[cases[2]].doubt == doubt_of_label(unlabelled.read_proposal(cases[2]), None, [1, 4])
    looked = []
    monkeypatch.setattr(doubts, "_look", lambda project, row: looked.append(row.case_id) or found[cases[1]].doubt)
    assert read_doubts(unlabelled, cases) == found
    assert looked == []
    propose(unlabelled, cases[0], 250)
    assert read_doubts(unlabelled, cases)[cases[0]].doubt == found[cases[1]].doubt
    assert looked == [cases[0]]


def test_rejected_proposals_say_nothing_and_broken_ones_are_told(unlabelled):
    from medopt.events import Silence

    cases = [case.id for case in unlabelled.cases()]
    propose(unlabelled, cases[0], 128)
    propose(unlabelled, cases[1], 128)
    unlabelled.reject_proposal(cases[0], "ann")
    unlabelled.proposals.path(cases[1]).write_bytes(b"no nrrd")
    told = []

    class Listener(Silence):
        def emit(self, kind, **fields):
            told.append((kind, fields.get("text", "")))

    found = read_doubts(unlabelled, cases, reporter=Listener())
    assert set(found) == {cases[1]}
    assert found[cases[1]].doubt is None
    assert any(kind == "message" and cases[1] in text for kind, text in told)


def test_a_damaged_cache_is_made_anew(unlabelled):
    cases = [case.id for case in unlabelled.cases()]
    propose(unlabelled, cases[0], 128)
    found = read_doubts(unlabelled, cases)
    for text in ("", "[]", '{"format": 1, "cases": {"case-00": {"time": "x"}}}', '{"format": 9}'):
        (unlabelled.cache_folder / "doubts.json").write_text(text)
        assert read_doubts(unlabelled, cases) == found
