"""How a validation measures and how it states its uncertainty."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from medopt.metrics import SurfacePoints
from medopt.settings import Settings


class BootstrapSettings(Settings):
    """How intervals are made; ``medopt.validation.statistics`` says what the choices mean."""

    method: Literal["bca", "percentile"] = "bca"
    samples: int = Field(default=5000, ge=200, le=1_000_000)
    seed: int = Field(default=1, ge=0)
    level: float = Field(default=0.95, gt=0.5, lt=1.0)
    small_sample: bool = True


OF_DIFFERENCES = BootstrapSettings(method="percentile")
"""For two models on the same cases. Differences of models that are alike are symmetric, and then BCa adds more noise
than it mends: it finds some in 6 to 14 of 100 samples of 20 subjects (``Testing/Benchmarks/coverage.py``)."""


class ValidationSettings(Settings):
    """The tolerance of NSD in mm, where patches of surface lie (see ``measure_surfaces``), which share of a lesion must
    be overlapped for it to count as found (see ``match_lesions``), and the bootstrap."""

    nsd_tolerance_mm: float = Field(default=1.0, ge=0)
    surface_points: SurfacePoints = "patch"
    lesion_overlap: float = Field(default=0.1, gt=0, le=1)
    bootstrap: BootstrapSettings = BootstrapSettings()
