"""How sure a model was of each voxel of a proposal: its scores, kept small on disk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.image import Geometry
from medopt.image.label import Label
from medopt.io.nrrd import read_nrrd, write_nrrd
from medopt.project.settings import ProjectSettings

FULL = 255
"""The score of a probability of 1."""

NEGLIGIBLE = 2
"""Scores up to this one (a probability of 0.008) outside the box that holds every larger one are kept as 0."""

PROPOSAL_KEY, CLASSES_KEY, CORNER_KEY = "MedOptProposal", "MedOptClasses", "MedOptCorner"


@dataclass(frozen=True)
class ProposalScores:
    """Scores of the classes of a proposal on the grid of its image; what is left to 1 is background.

    Parameters
    ----------
    classes : value of each class, in the order of project.yaml
    geometry : the grid of the image
    corner : (k, j, i) of the first voxel of ``part`` in the image
    part : (class, k, j, i) uint8, probability × 255; outside it every score is 0
    """

    classes: tuple[int, ...]
    geometry: Geometry
    corner: tuple[int, int, int]
    part: NDArray[np.uint8]

    @property
    def values(self) -> NDArray[np.uint8]:
        """(class, k, j, i) uint8 of the whole grid, probability × 255; made anew at each call."""
        whole = np.zeros((len(self.classes), *self.geometry.shape), np.uint8)
        whole[(slice(None), *self.region)] = self.part
        return whole

    @property
    def region(self) -> tuple[slice, slice, slice]:
        """Where ``part`` lies in (k, j, i)."""
        k, j, i = (slice(c, c + n) for c, n in zip(self.corner, self.part.shape[1:], strict=True))
        return k, j, i

    def probability(self, class_value: int) -> NDArray[np.float32]:
        """(k, j, i) float32, 0 to 1, of one class on the whole grid; MedOptError for a class without scores."""
        if class_value not in self.classes:
            raise MedOptError(
                "no scores of this class", expected=", ".join(map(str, self.classes)), found=str(class_value)
            )
        whole = np.zeros(self.geometry.shape, np.float32)
        np.divide(self.part[self.classes.index(class_value)], np.float32(FULL), out=whole[self.region])
        return whole

    def uncertainty(self) -> NDArray[np.float32]:
        """(k, j, i) float32: entropy over background and classes, divided by its maximum; 0 certain, 1 no idea.

        Shannon's entropy of the stored scores. Where they add to more than 1, which rounding and classes that are
        judged one by one can bring about, they are scaled to add to 1.
        """
        whole = np.zeros(self.geometry.shape, np.float32)
        total = self.part.sum(axis=0, dtype=np.uint32)
        background = np.maximum(total, FULL) - total
        among = (total + background).astype(np.float32)
        entropy = np.log(among)
        for counts in (*self.part, background):
            # H = log N - sum(n log n) / N for counts n that add to N
            entropy -= _N_LOG_N[counts] / among
        np.clip(entropy / np.float32(math.log(len(self.classes) + 1)), 0, 1, out=whole[self.region])
        return whole


_N_LOG_N = np.array([0.0, *(n * math.log(n) for n in range(1, FULL + 1))], np.float32)


def check_scores(scores: NDArray, settings: ProjectSettings, geometry: Geometry, where: str) -> None:
    """Raise MedOptError unless ``scores`` are (class, k, j, i) uint8 of a segmentation's classes on ``geometry``."""
    if settings.task != "segmentation":
        raise MedOptError("scores are for segmentation", where=where, found=f"a project of {settings.task}")
    shape = (len(settings.classes), *geometry.shape)
    if scores.dtype != np.uint8 or scores.shape != shape:
        raise MedOptError(
            "scores do not fit the case",
            where=where,
            expected=f"uint8 of {shape} (class, k, j, i)",
            found=f"{scores.dtype} of {scores.shape}",
        )


def write_scores(scores: NDArray, label: Label, settings: ProjectSettings, path: Path, proposal_sha256: str) -> None:
    """Write what of ``scores`` is above ``NEGLIGIBLE`` or marked in ``label``, with the box around it, atomically.

    ``proposal_sha256`` is the hash of the proposal's file, by which the two are known to belong together.
    """
    seen = (scores > NEGLIGIBLE).any(axis=0) | (label.array != 0)  # type: ignore[union-attr]
    corner, shape = _box(seen)
    part = scores[(slice(None), *(slice(c, c + n) for c, n in zip(corner, shape, strict=True)))]
    pairs = {
        PROPOSAL_KEY: proposal_sha256,
        CLASSES_KEY: " ".join(str(info.value) for info in settings.classes),
        CORNER_KEY: " ".join(map(str, corner)),
    }
    grid = label.geometry.cropped(corner, shape)  # type: ignore[union-attr]
    with atomic_path(path) as temporary:
        write_nrrd(temporary, part, grid, kind="list", pairs=pairs)


def read_scores(
    path: Path, geometry: Geometry, settings: ProjectSettings, proposal_sha256: str
) -> ProposalScores | None:
    """The scores of a file for the classes that the project has now; None when they are of another proposal.

    Classes that came to the project later have scores of 0. Raises MedOptError for a damaged file.
    """
    header, image = read_nrrd(path)
    if header.pairs.get(PROPOSAL_KEY) != proposal_sha256:
        return None
    try:
        corner = tuple(int(n) for n in header.pairs[CORNER_KEY].split())
        stored = [int(value) for value in header.pairs[CLASSES_KEY].split()]
    except (KeyError, ValueError):
        corner, stored = (), []
    inside = len(corner) == 3 and all(
        c >= 0 and c + n <= whole for c, n, whole in zip(corner, image.array.shape[1:], geometry.shape, strict=True)
    )
    if not inside or len(stored) != len(image.array) or image.array.dtype != np.uint8:
        raise MedOptError("the file is damaged", where=path, expected="scores of a proposal")
    classes = tuple(info.value for info in settings.classes)
    part = image.array
    if tuple(stored) != classes:
        part = np.zeros((len(classes), *image.array.shape[1:]), np.uint8)
        for place, value in enumerate(classes):
            if value in stored:
                part[place] = image.array[stored.index(value)]
    return ProposalScores(classes, geometry, corner, part)  # type: ignore[arg-type]


def _box(seen: NDArray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First voxel and shape of the box around what is true; one voxel at the origin where nothing is."""
    if not seen.any():
        return (0, 0, 0), (1, 1, 1)
    ranges = []
    for axis in range(3):
        places = np.flatnonzero(seen.any(axis=tuple(a for a in range(3) if a != axis)))
        ranges.append((int(places[0]), int(places[-1]) + 1))
    return tuple(first for first, _ in ranges), tuple(end - first for first, end in ranges)
