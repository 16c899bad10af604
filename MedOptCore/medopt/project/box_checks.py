"""Verification of the boxes of one case."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medopt.image import Boxes
from medopt.project.class_names import ClassNames
from medopt.project.records import Case, Finding

SAME = 0.95
"""Overlap (intersection over union) from which two boxes of one class are taken for one that was drawn twice."""

SMALLEST = 2.0
"""Voxels along an axis below which a box is hardly meant; the slice's own thickness does not count."""

WHOLE = 0.98
"""Share of the image from which a box is told to cover it."""


def check_boxes(case: Case, label: Boxes, names: ClassNames) -> list[Finding]:
    """Findings about boxes that fit their image: drawn twice, too small, as large as the image. None for no boxes."""
    if not len(label):
        return []
    corners = label.to_index(case.geometry)
    axes = [axis for axis in range(3) if case.geometry.shape[axis] > 1] or [1, 2]
    sizes = corners[:, 1] - corners[:, 0]
    inside = np.minimum(corners[:, 1], np.asarray(case.geometry.shape) - 0.5) - np.maximum(corners[:, 0], -0.5)
    shares = np.clip(inside, 0, None).prod(axis=1) / np.prod(case.geometry.shape)
    values = np.array([box.value for box in label.boxes])
    checks = (
        ("a box twice", "each object once", _doubles(corners, values), "Delete one of the two"),
        ("a very small box", f"{SMALLEST:g} voxels or more", (sizes[:, axes] < SMALLEST).any(axis=1), "Look at it"),
        ("a box as large as the image", "a part of it", shares > WHOLE, "Look whether it was meant"),
    )
    findings = []
    for problem, expected, wrong, repair in checks:
        if wrong.any():
            found = [f"box {n + 1} ({names.name(int(values[n]))})" for n in np.flatnonzero(wrong)]
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            findings.append(Finding(case.id, "warning", problem, expected, ", ".join(found[:5]) + more, repair))
    return findings


def _doubles(corners: NDArray[np.float64], values: NDArray) -> NDArray[np.bool_]:
    """(n,) bool: boxes that nearly equal an earlier one of their class."""
    result = np.zeros(len(values), bool)
    volumes = (corners[:, 1] - corners[:, 0]).prod(axis=1)
    for n in range(1, len(values)):  # a row at a time: thousands of boxes must not need a square of memory
        shared = np.minimum(corners[n, 1], corners[:n, 1]) - np.maximum(corners[n, 0], corners[:n, 0])
        overlap = np.clip(shared, 0, None).prod(axis=1)
        union = volumes[n] + volumes[:n] - overlap
        result[n] = bool(((overlap >= SAME * union) & (values[:n] == values[n])).any())
    return result
