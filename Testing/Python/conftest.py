"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.image import Geometry

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real data sets, beside the project and no part of it; tests that use them skip where they are absent."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; skips the test where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data at {REAL_DATA.parent.name}/{REAL_DATA.name} beside the project")
    return REAL_DATA


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(20260301)


@pytest.fixture
def oblique() -> Geometry:
    """A small anisotropic, oblique, left-handed grid away from the origin."""
    a, b = 0.3, -0.5
    turn_a = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn_b = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    direction = turn_a @ turn_b @ np.diag([1.0, 1.0, -1.0])
    rows = tuple(tuple(float(x) for x in row) for row in direction)
    return Geometry((6, 8, 10), (2.5, 0.8, 0.7), (-31.0, 12.5, 88.0), rows)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def headless() -> Iterator[Any]:
    """A real MRML scene and its logics, started once a session; skips the test where slicer-core is absent."""
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    from medopt.scene import headless_scene

    with headless_scene() as started:
        yield started


@pytest.fixture
def scene(headless: Any) -> Iterator[Any]:
    """The shared MRML scene, empty for each test."""
    headless.clear()
    yield headless.scene
    headless.clear()
