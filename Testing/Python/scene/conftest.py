"""What the tests of the scene room share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.image import Geometry, LabelMap

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from slice_views import slice_views

TERMINOLOGY = (
    "Segmentation category and type - 3D Slicer General Anatomy list~SCT^123037004^Anatomical Structure"
    "~SCT^85151006^Hippocampus~^^~Anatomic codes - DICOM master list~^^~^^"
)


@dataclass(frozen=True)
class Structure:
    """A class as the project declares it."""

    value: int
    name: str
    color: str = "#00ff00"
    terminology: str = ""


@pytest.fixture
def classes() -> list[Structure]:
    """Two classes whose values are neither 1…N nor in order, one with a terminology."""
    return [Structure(7, "Anterior", "#e04030", TERMINOLOGY), Structure(3, "Posterior", "#3060d0")]


@pytest.fixture
def label(oblique: Geometry, rng: np.random.Generator) -> LabelMap:
    """Random values of 0, 3 and 7 in every voxel of the oblique grid, borders included."""
    return LabelMap(rng.choice([0, 3, 7], size=oblique.shape).astype(np.uint8), oblique)


@pytest.fixture
def views(headless, scene) -> Iterator[dict[str, Any]]:
    """Slice logics of an axial, a sagittal and a coronal view: "Red", "Yellow", "Green"."""
    with slice_views(headless) as logics:
        yield logics
