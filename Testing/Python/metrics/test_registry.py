"""The registry: every metric reads a comparison, knows its rule for empty masks and what is good."""

import subprocess
import sys

import numpy as np
import pytest

from medopt.metrics import METRICS, compare_masks


def masks():
    reference = np.zeros((6, 7, 8), bool)
    reference[1:4, 1:5, 1:6] = True
    return reference, np.roll(reference, 1, axis=2), np.zeros_like(reference)


def test_equal_masks_are_the_best_there_is():
    reference, shifted, _ = masks()
    best = compare_masks(reference, reference, (2, 1, 1), nsd_tolerance_mm=0.1)
    worse = compare_masks(reference, shifted, (2, 1, 1), nsd_tolerance_mm=0.1)
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.read(best) == (1 if metric.higher_is_better else 0)
        if metric.better == "high":
            assert metric.read(worse) < 1 or name.startswith("lesion")
        elif metric.better == "low":
            assert metric.read(worse) > 0


def test_empty_masks_follow_the_rule():
    reference, _, empty = masks()
    diagonal = pytest.approx(np.sqrt(12**2 + 7**2 + 8**2))
    expected = {
        "both": {"dice": 1, "nsd": 1, "hd95_mm": None, "hd_mm": None, "assd_mm": None},
        "one": {"dice": 0, "nsd": 0, "hd95_mm": diagonal, "hd_mm": diagonal, "assd_mm": diagonal},
    }
    pairs = [("both", empty, empty), ("one", reference, empty), ("one", empty, reference)]
    for case, a, b in pairs:
        comparison = compare_masks(a, b, (2, 1, 1))
        assert {name: METRICS[name].read(comparison) for name in expected[case]} == expected[case]


def test_masks_that_fill_the_image_have_the_image_s_border_as_surface():
    reference, _, empty = masks()
    full = np.ones_like(reference)
    same = compare_masks(full, full, (2, 1, 1))
    assert all(metric.read(same) == metric.higher_is_better for metric in METRICS.values())
    share = reference.sum() / full.size
    for one, other, sign in ((full, reference, -1), (reference, full, 1)):
        found = {name: metric.read(compare_masks(one, other, (2, 1, 1))) for name, metric in METRICS.items()}
        assert found["dice"] == pytest.approx(2 * share / (1 + share))
        assert found["iou"] == pytest.approx(share)
        assert found["volume_difference_ml"] == pytest.approx(sign * (1 - share) * full.size * 0.002)
        # the block ends 2·2, 2 and 2 mm from the far corner of the image
        assert 0 < found["assd_mm"] < found["hd95_mm"] <= found["hd_mm"] < np.sqrt(4**2 + 2**2 + 2**2) + 1
    gone = compare_masks(full, empty, (2, 1, 1))
    assert (METRICS["dice"].read(gone), METRICS["volume_difference_percent"].read(gone)) == (0.0, -100.0)


def test_the_room_loads_without_what_is_slow_to_load():
    slow = "{'torch', 'monai', 'matplotlib', 'scipy.stats'}"
    code = f"import medopt.metrics, medopt.validation, sys; print({slow} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
