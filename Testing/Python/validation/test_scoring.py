"""Scores of one case: the same as whole-image masks give, on matching grids only."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.metrics import METRICS, compare_masks
from medopt.validation import Structure, score_case

STRUCTURES = [Structure(1, "left"), Structure(2, "right"), Structure(7, "absent"), Structure(4, "missed")]


@pytest.fixture
def pair(rng, oblique):
    reference, prediction = np.zeros(oblique.shape, np.uint8), np.zeros(oblique.shape, np.int16)
    reference[1:4, 1:5, 2:7], prediction[1:5, 2:5, 2:8] = 1, 1
    reference[4:6, 5:8, 0:3], prediction[4:6, 5:7, 0:3] = 2, 2
    reference[0, 0, 0] = 4
    prediction[5, 7, 9] = 9  # not asked for
    return LabelMap(reference, oblique), LabelMap(prediction, oblique)


@pytest.mark.parametrize("points", ["patch", "corner"])
def test_as_the_whole_masks_give(pair, points):
    reference, prediction = pair
    scores = score_case(
        reference, prediction, STRUCTURES, case="c", subject="s", nsd_tolerance_mm=0.6, surface_points=points
    )
    assert [s.structure for s in scores] == ["left", "right", "absent", "missed"]
    for structure, score in zip(STRUCTURES, scores, strict=True):
        whole = compare_masks(
            reference.array == structure.value,
            prediction.array == structure.value,
            reference.geometry.spacing,
            nsd_tolerance_mm=0.6,
            points=points,
        )
        assert (score.case, score.subject) == ("c", "s")
        assert score.values.keys() == METRICS.keys()
        for name, metric in METRICS.items():
            expected = metric.read(whole)
            assert score.value(name) == (None if expected is None else pytest.approx(expected)), name
        assert score.reference_ml == pytest.approx(whole.reference_ml)
        assert score.predicted_ml == pytest.approx(whole.predicted_ml)
        assert score.empty == whole.empty


def test_empty_masks(pair):
    *_, absent, missed = score_case(*pair, STRUCTURES)
    assert absent.empty == "both"
    assert (absent.value("dice"), absent.value("nsd"), absent.value("hd95_mm")) == (1.0, 1.0, None)
    assert missed.empty == "prediction"
    assert (missed.value("dice"), missed.value("nsd")) == (0.0, 0.0)
    assert missed.value("hd95_mm") == missed.value("assd_mm") == pytest.approx(pair[0].geometry.diagonal)


def test_a_structure_in_one_slice_of_a_volume_is_no_2d_image(oblique):
    label = np.zeros(oblique.shape, np.uint8)
    label[2, 2:6, 2:6] = 1
    moved = np.roll(label, 2, axis=0)
    (score,) = score_case(LabelMap(label, oblique), LabelMap(moved, oblique), [Structure(1, "thin")])
    assert score.value("hd_mm") == pytest.approx(2 * oblique.spacing[0])
    (same,) = score_case(LabelMap(label, oblique), LabelMap(label, oblique), [Structure(1, "thin")])
    assert same.value("hd_mm") == 0


def test_2d_images():
    geometry = Geometry((1, 20, 20), (9.0, 0.5, 0.5))
    label = np.zeros((1, 20, 20), np.uint8)
    label[0, 5:12, 5:12] = 3
    (score,) = score_case(
        LabelMap(label, geometry), LabelMap(np.roll(label, 4, axis=1), geometry), [Structure(3, "disc")]
    )
    assert score.value("hd_mm") == pytest.approx(2.0)
    assert score.value("dice") == pytest.approx(3 / 7)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64])
def test_any_integer_type(dtype):
    label = np.zeros((4, 5, 6), dtype)
    label[1:3, 1:4, 1:5] = 120
    image = LabelMap(label, Geometry(label.shape))
    (score,) = score_case(image, image, [Structure(120, "organ")])
    assert score.value("dice") == 1.0
    assert score.reference_ml == pytest.approx(0.024)


def test_different_grids(pair):
    reference, _ = pair
    other = Geometry((6, 8, 10), (1.0, 0.8, 0.7))
    with pytest.raises(MedOptError, match=r"case-7: reference and prediction lie on different grids: expected shape"):
        score_case(reference, LabelMap(reference.array, other), STRUCTURES, case="case-7")
    elsewhere = reference.geometry.cropped((1, 0, 0), reference.geometry.shape)
    with pytest.raises(MedOptError, match="elsewhere"):
        score_case(reference, LabelMap(reference.array, elsewhere), STRUCTURES)
