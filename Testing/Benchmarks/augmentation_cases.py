"""One case for ``augmentation.py``, and how MedOpt and plain torch cut a patch out of it.

A way is built once for a case, ``prepare`` chooses the techniques (untimed), and the function that it returns cuts one
patch and is what gets timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from medopt.augment import AugmentSettings, Drawn, content_matrix, draw, sample_patches

ANGLE, FACTOR = 15.0, (0.8, 1.25)
SHEAR, SHIFT = 5.0, 4.0
GRID, MOVE = 24.0, 4.0
SPACING = (1.0, 1.0, 1.0)
"""The ranges of MedOpt's preset 'standard' at 1 mm: degrees, factor, degrees, mm; elastic grid and magnitude, mm."""

PRESET = {t.technique: t for t in AugmentSettings.preset("standard").techniques}
AFFINE = frozenset({"flip", "rotation", "scaling", "shear", "translation"})
SPATIAL = AFFINE | {"elastic"}

Run = Callable[[int], object]
Prepare = Callable[[frozenset[str]], Run]


@dataclass(frozen=True, eq=False)
class Case:
    """A volume (1, k, j, i) float32 of standard deviation 1, its label (k, j, i) uint8, and the shape of a patch."""

    volume: NDArray[np.float32]
    label: NDArray[np.uint8]
    patch: tuple[int, int, int]

    @property
    def flat(self) -> bool:
        """True for one slice."""
        return self.patch[0] == 1

    @property
    def center(self) -> tuple[int, ...]:
        """The voxel whose patch has the same centre as the volume (all sizes even)."""
        return tuple(n // 2 for n in self.label.shape)

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Image and label as the peers want them: (1, k, j, i), or (1, j, i) for one slice."""
        image, label = torch.from_numpy(self.volume), torch.from_numpy(self.label)[None]
        return (image[:, 0], label[:, 0]) if self.flat else (image, label)

    @property
    def size(self) -> tuple[int, ...]:
        """The patch without an axis of one voxel."""
        return self.patch[1:] if self.flat else self.patch


def make_case(shape: tuple[int, int, int], patch: tuple[int, int, int]) -> Case:
    """Smooth noise with structures of three classes."""
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values = ndimage.gaussian_filter(values, [2.0 if n > 1 else 0.0 for n in shape])
    values /= values.std()
    return Case(values[None], np.digitize(values, (0.8, 1.5)).astype(np.uint8), patch)


def settings(chosen: frozenset[str]) -> AugmentSettings:
    """Techniques of the preset, each for every patch; a flip still has one chance in two for each axis."""
    return AugmentSettings(
        techniques=[
            t if name == "flip" else t.model_copy(update={"probability": 1.0})
            for name, t in PRESET.items()
            if name in chosen
        ]
    )


def medopt(case: Case) -> Prepare:
    """Draw, then sample."""

    def prepare(chosen: frozenset[str]) -> Run:
        wanted = settings(chosen)

        def run(seed: int) -> object:
            drawn = draw(wanted, seed, case.patch, SPACING)
            return sample_patches([case.volume], [case.label], [case.center], [drawn], case.patch, [SPACING])

        return run

    return prepare


def source_places(drawn: Drawn) -> torch.Tensor:
    """Where each voxel of a patch is read, (axis, k, j, i) in voxels from the centre of the volume, at 1 mm.

    Written anew from what the settings say: matrix from right to left, cubic B-splines on a grid that is centred.
    """
    matrix = torch.from_numpy(np.linalg.inv(content_matrix(drawn))).float()
    axes = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in drawn.shape]
    places = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    moved = torch.tensordot(matrix[:3, :3], places, 1) + matrix[:3, 3].view(3, 1, 1, 1)
    for action in drawn.actions:
        if action.technique == "elastic":
            field = torch.tensor(action.parameters["field"])
            k, j, i = (_splines(a, n, action.parameters["spacing"]) for a, n in zip(axes, field.shape[1:], strict=True))
            moved += torch.einsum("xabc,ka,jb,ic->xkji", field, k, j, i)
    return moved


def _splines(places: torch.Tensor, count: int, spacing: float) -> torch.Tensor:
    if count == 1:
        return torch.ones(len(places), 1)
    d = (places[:, None] / spacing + (count - 1) / 2 - torch.arange(count)).abs()
    return torch.where(d < 1, 2 / 3 - d**2 + d**3 / 2, (2 - d).clamp_min(0) ** 3 / 6)


def sampling_grid(drawn: Drawn, shape: tuple[int, ...], flat: bool) -> torch.Tensor:
    """The grid of ``grid_sample`` (align_corners=False) for a volume of ``shape``, (1, k, j, i, xyz) or (1, j, i, xy).

    Without an elastic field it comes from ``affine_grid``.
    """
    axes = [1, 2] if flat else [0, 1, 2]
    half = np.asarray(shape)[axes] / 2
    if any(a.technique == "elastic" for a in drawn.actions):
        places = source_places(drawn)[axes] / torch.tensor(half).float().view(-1, 1, 1, 1)
        grid = places.flip(0).movedim(0, -1)
        return grid if flat else grid[None]
    matrix = np.linalg.inv(content_matrix(drawn))
    patch = np.asarray(drawn.shape)[axes]
    theta = np.column_stack([matrix[np.ix_(axes, axes)] * patch / 2, matrix[axes, 3]]) / half[:, None]
    theta[:, :-1] = theta[::-1, -2::-1]
    theta[:, -1] = theta[::-1, -1]
    return functional.affine_grid(torch.from_numpy(theta).float()[None], [1, 1, *patch], align_corners=False)


def plain_torch(case: Case) -> Prepare:
    """One composed matrix, ``affine_grid`` or a grid made of the same field, and ``grid_sample`` for each."""
    image, label = case.tensors()

    def prepare(chosen: frozenset[str]) -> Run:
        wanted = settings(chosen)

        def run(seed: int) -> object:
            grid = sampling_grid(draw(wanted, seed, case.patch, SPACING), case.label.shape, case.flat)
            moved = functional.grid_sample(label[None].float(), grid, mode="nearest", align_corners=False)
            return functional.grid_sample(image[None], grid, align_corners=False), moved.long()

        return run

    return prepare
