"""Proof that an exported model gives what the trained one gives, on cases that neither has learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Image, LabelMap
from medopt.inference import Model, predict_scores
from medopt.preprocess import restore_label
from medopt.tasks.segmentation import mask_dice

TOLERANCE = 1e-3
"""Largest allowed difference of a class probability between the two engines, float32 against float32."""


@dataclass(frozen=True)
class ParityCase:
    """How one case agrees.

    Parameters
    ----------
    case : its name
    largest_difference : of any class probability at any voxel of the prepared grid
    changed_voxels : voxels whose class differs on the image's own grid
    dice_original, dice_exported : mean over the structures against the reference; None without a reference
    """

    case: str
    largest_difference: float
    changed_voxels: int
    dice_original: float | None
    dice_exported: float | None


@dataclass(frozen=True)
class ParityProof:
    """The agreement over all cases looked at."""

    cases: tuple[ParityCase, ...]
    original: str
    exported: str
    tolerance: float = TOLERANCE

    @property
    def largest_difference(self) -> float:
        """Of any class probability in any case."""
        return max(case.largest_difference for case in self.cases)

    @property
    def largest_dice_difference(self) -> float | None:
        """Absolute, of the cases that have a reference; None when none has."""
        known = [
            abs(c.dice_exported - c.dice_original)
            for c in self.cases
            if c.dice_exported is not None and c.dice_original is not None
        ]
        return max(known, default=None)

    @property
    def passed(self) -> bool:
        """Whether every case agrees within the tolerance."""
        return bool(self.cases) and self.largest_difference <= self.tolerance


def prove_parity(
    original: Model,
    exported: Model,
    cases: Sequence[str],
    read_image: Callable[[str], Image],
    read_reference: Callable[[str], LabelMap | None],
    *,
    reporter: Reporter | None = None,
) -> ParityProof:
    """Run both models over ``cases`` through the same preprocessing, windows and way back, and compare.

    Raises MedOptError when there is no case to compare on.
    """
    if not cases:
        raise MedOptError("no case to prove the export on", remedy="Label some cases and split them again")
    values = [info.value for info in original.description.classes]
    compared = []
    for case in track(reporter or Silence(), "parity", cases):
        image = read_image(case)
        reference = read_reference(case)
        with predict_scores(image, original) as (first, grid), predict_scores(image, exported) as (second, _):
            difference = max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))
            one = restore_label(first, grid, image.geometry).array
            other = restore_label(second, grid, image.geometry).array
        compared.append(
            ParityCase(
                case,
                difference if np.isfinite(difference) else float("inf"),
                int(np.count_nonzero(one != other)),
                _mean_dice(reference, one, values),
                _mean_dice(reference, other, values),
            )
        )
    return ParityProof(tuple(compared), original.runtime.name, exported.runtime.name)


def _mean_dice(reference: LabelMap | None, indices: np.ndarray, values: Sequence[int]) -> float | None:
    if reference is None:
        return None
    each = [mask_dice(reference.array == value, indices == index) for index, value in enumerate(values, start=1)]
    return float(np.mean(each))
