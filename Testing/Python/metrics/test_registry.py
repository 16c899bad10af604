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


def test_the_room_loads_without_torch():
    code = "import medopt.metrics, medopt.validation, sys; print({'torch', 'monai', 'matplotlib'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
