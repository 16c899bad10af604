"""What an image looks like to a model: its intensities after the model's own preprocessing, and its grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline
from medopt.validation.external.translate import reorder

if TYPE_CHECKING:
    from medopt.project import Project

LEVELS = np.linspace(0.005, 0.995, 100)
"""Shares of the voxels at which intensities are told: the middles of a hundred parts of equal size."""

MOST_VOXELS = 200_000
"""Voxels of an image that are looked at, spread evenly."""

AXES = ("R-L", "A-P", "S-I")
"""Anatomical axes in the order of LPS."""


@dataclass(frozen=True, eq=False)
class CaseProfile:
    """One case.

    Parameters
    ----------
    case, subject : whose it is
    quantiles : (channel, 100) intensities at ``LEVELS`` after preprocessing
    spacing, extent : mm between voxels and from face to face, by anatomical axis; a flat image has only two of them
    orientation : the anatomical direction of each array axis, i first, as in "LPS": i runs to the left, j to the back,
        k up; of the nearest directions when the grid is oblique
    """

    case: str
    subject: str
    quantiles: NDArray[np.float64]
    spacing: dict[str, float]
    extent: dict[str, float]
    orientation: str


def profile_case(case: str, subject: str, image: Image, pipeline: Pipeline) -> CaseProfile:
    """The profile of an image; raises MedOptError when it cannot be prepared."""
    prepared = pipeline.image(image).array
    flat = prepared.reshape(len(prepared), -1)
    flat = flat[:, :: max(1, flat.shape[1] // MOST_VOXELS)]
    spacing, extent, orientation = grid_facts(image.geometry)
    return CaseProfile(case, subject, np.quantile(flat, LEVELS, axis=1).T.astype(float), spacing, extent, orientation)


def profile_cases(
    project: Project,
    cases: Iterable[str],
    pipeline: Pipeline,
    *,
    what: str,
    order: Sequence[int] | None = None,
    reporter: Reporter | None = None,
) -> list[CaseProfile]:
    """Profiles of cases of a project; those that cannot be read or prepared are passed over.

    ``order`` are the places of the model's channels among the project's, when they are not the same.
    """
    found = []
    for case in track(reporter or Silence(), f"look at {what}", list(cases)):
        try:
            image = project.read_image(case)
            image = image if order is None else reorder(image, order)
            found.append(profile_case(case, project.case(case).subject, image, pipeline))
        except MedOptError:
            continue
    return found


def grid_facts(geometry: Geometry) -> tuple[dict[str, float], dict[str, float], str]:
    """Spacing and extent (mm) by anatomical axis, and the orientation code; see ``CaseProfile``."""
    along = np.asarray(geometry.direction, float)  # column a: LPS direction of array axis a of (k, j, i)
    spacing: dict[str, float] = {}
    extent: dict[str, float] = {}
    code, taken = "", set()
    for axis in (2, 1, 0):
        weights = np.abs(along[:, axis])
        nearest = next(int(n) for n in np.argsort(-weights, kind="stable") if int(n) not in taken)
        taken.add(nearest)
        code += "LPS"[nearest] if along[nearest, axis] >= 0 else "RAI"[nearest]
        if geometry.shape[axis] > 1 or not geometry.is_2d:
            spacing[AXES[nearest]] = float(geometry.spacing[axis])
            extent[AXES[nearest]] = float(geometry.spacing[axis] * geometry.shape[axis])
    return spacing, extent, code
