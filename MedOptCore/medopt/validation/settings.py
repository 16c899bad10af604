"""How a validation measures and how it states its uncertainty."""

from __future__ import annotations

from pydantic import Field

from medopt.metrics import BootstrapSettings, SurfacePoints
from medopt.settings import Settings


class ValidationSettings(Settings):
    """The tolerance of NSD in mm, where patches of surface lie (see ``measure_surfaces``), and the bootstrap."""

    nsd_tolerance_mm: float = Field(default=1.0, ge=0)
    surface_points: SurfacePoints = "patch"
    bootstrap: BootstrapSettings = BootstrapSettings()
