from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from assist_scene import CLASSES
from standins.material import GRID, blob

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.scene import segmentation_from_label, volume_from_image
from MedOptCoreLib import settings_store
from MedOptCoreLib.case_probability import CaseProbability
from MedOptCoreLib.settings_store import MemoryStore


@pytest.fixture
def scores():
    found = np.random.default_rng(3).integers(3, 256, (2, *GRID.shape)).astype(np.uint8)
    found[:, :, :2] = 0
    return found


@pytest.fixture
def proposed(project, scores):
    from medopt.labelling.blind import BlindSettings, save_blind

    save_blind(project, BlindSettings(share=0.0))
    project.save_proposal("case-2", blob((1, 2)), model="run-003", scores=scores)
    return project


@pytest.fixture
def target(mrml):
    def make(case: str | None, segment: str = "Segment_2", grid=GRID):
        from medopt.image import Image

        volume = volume_from_image(mrml, Image(np.zeros((1, *grid.shape), np.int16), grid), "image", case=case)
        node = segmentation_from_label(mrml, LabelMap(np.zeros(grid.shape, np.uint8), grid), CLASSES, "label", volume)
        return SimpleNamespace(node=node, volume=volume, segmentId=segment, geometry=lambda: grid)

    return make


def opened(project):
    store, calls = MemoryStore(), []
    store.setValue(settings_store.CURRENT_PROJECT, str(project.folder))

    def open_project(folder):
        calls.append(folder)
        return type(project).open(folder)

    return CaseProbability(store, open_project), calls


def test_scores_of_the_structure_are_found_once_a_case(proposed, target, scores):
    found, calls = opened(proposed)
    known = found.of(target("case-2"))
    assert known.text == "With the proposal of run-003."
    np.testing.assert_allclose(known.part((0, 0, 0), GRID.shape), scores[1] / 255, atol=1e-6)
    np.testing.assert_allclose(known.part((1, 1, 2), (2, 4, 5)), scores[1, 1:3, 1:5, 2:7] / 255, atol=1e-6)
    assert known.part((1, 1, 2), (2, 4, 5)).dtype == np.float32
    first = target("case-2", "Segment_1")
    np.testing.assert_allclose(found.of(first).part((0, 0, 0), GRID.shape), scores[0] / 255, atol=1e-6)
    assert len(calls) == 2
    found.of(first)
    assert len(calls) == 2
    found.forget()
    found.of(first)
    assert len(calls) == 3


def test_without_a_project_a_case_or_a_class_it_is_image_and_strokes_alone(proposed, target):
    found, _calls = opened(proposed)
    foreign = target("case-2")
    foreign.segmentId = foreign.node.GetSegmentation().AddEmptySegment("foreign", "foreign")
    for other in (target(None), foreign, target("case-3"), target("case-0")):
        known = found.of(other)
        assert known.text == "From the image and the strokes alone."
        assert known.part((0, 0, 0), (2, 2, 2)) is None
    empty = CaseProbability(MemoryStore(), lambda _folder: pytest.fail("no project is open"))
    assert empty.of(target("case-2")).scores is None


def test_a_blind_case_is_not_helped_by_the_proposal(proposed, target):
    from medopt.labelling.blind import BlindSettings, save_blind

    seed = next(n for n in range(100) if BlindSettings(share=0.5, seed=n).is_blind("case-2"))
    save_blind(proposed, BlindSettings(share=0.5, seed=seed))
    known = opened(proposed)[0].of(target("case-2"))
    assert known.scores is None
    assert "labelled without a proposal" in known.text


def test_a_rejected_proposal_helps_no_more(proposed, target):
    proposed.reject_proposal("case-2", "kim")
    assert opened(proposed)[0].of(target("case-2")).scores is None


def test_another_grid_is_not_matched(proposed, target):
    assert opened(proposed)[0].of(target("case-2", grid=GRID.cropped((0, 0, 0), (4, 8, 9)))).scores is None


def test_trouble_with_the_project_is_told_and_stops_nobody(proposed, target):
    def fails(_folder):
        raise MedOptError("the catalogue is locked")

    store = MemoryStore()
    store.setValue(settings_store.CURRENT_PROJECT, str(proposed.folder))
    known = CaseProbability(store, fails).of(target("case-2"))
    assert known.text == "From the image and the strokes alone: the catalogue is locked."
    assert known.scores is None
    gone = opened(proposed)[0].of(target("no-such-case"))
    assert gone.scores is None
