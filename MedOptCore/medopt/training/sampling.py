"""Which patch comes next: a pure function of the seed and the step, so that a resumed run draws the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medopt.augment import AugmentSettings, draw, sample_patches
from medopt.augment.balance import Balance, BalanceSettings, balance
from medopt.training.cache import PreparedCase
from medopt.training.recipe import TrainingSettings

_ORDER, _PATCH, _AUGMENT = 1, 2, 3
"""Streams of random numbers that never meet."""


@dataclass(frozen=True)
class PatchSampler:
    """Draws batches of augmented patches.

    Every case comes once an epoch, in an order shuffled anew each epoch, or as often as ``balance`` makes it from what
    the cases hold. ``foreground_share`` of the patches are centred on a voxel of a structure, each structure of the
    case equally often; the rest anywhere.
    """

    cases: Sequence[PreparedCase]
    settings: TrainingSettings
    augment: AugmentSettings
    seed: int
    device: torch.device
    balance: BalanceSettings = field(default_factory=BalanceSettings)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (batch, channel, *patch) float32 and targets (batch, *patch) int64 of one step, on the device.

        In 2D the patch's first axis (k = 1) is dropped.
        """
        size = self.settings.batch_size
        numbers = range(step * size, (step + 1) * size)
        chosen = [self._case(n) for n in numbers]
        centers = np.stack([self._center(case, n) for case, n in zip(chosen, numbers, strict=True)])
        spacings = [case.geometry.spacing for case in chosen]
        drawn = [
            draw(self.augment, (self.seed, _AUGMENT, n), self.settings.patch, spacing)
            for n, spacing in zip(numbers, spacings, strict=True)
        ]
        images, targets = sample_patches(
            [case.image for case in chosen],
            [case.target for case in chosen],
            centers,
            drawn,
            self.settings.patch,
            spacings,
            self.device,
        )
        if targets is None:
            raise RuntimeError("patches came without targets")
        if self.settings.dims == 2:
            return images.squeeze(2), targets.squeeze(1)
        return images, targets

    def epoch(self, step: int) -> float:
        """Passes over all cases after ``step`` steps."""
        return step * self.settings.batch_size / self._balanced.length

    def _case(self, number: int) -> PreparedCase:
        epoch, position = divmod(number, self._balanced.length)
        rng = np.random.default_rng((self.seed, _ORDER, epoch))
        order = rng.permutation(len(self.cases))
        if self._balanced.changes:
            order = self._repeated(order, rng)
        return self.cases[order[position]]

    def _repeated(self, order: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """An epoch in which each case comes as often as the balance says; fractions by systematic resampling, so that a
        case that should come 1.4 times comes once or twice and never thrice.
        """
        ends = np.cumsum(self._balanced.times[order])
        places = np.arange(self._balanced.length) + rng.random() * min(1.0, float(ends[-1]) / self._balanced.length)
        chosen = np.minimum(np.searchsorted(ends, places, "right"), len(order) - 1)
        return rng.permutation(order[chosen])

    @cached_property
    def _balanced(self) -> Balance:
        return balance([[float(len(points) > 0) for points in case.points] for case in self.cases], self.balance)

    def _center(self, case: PreparedCase, number: int) -> np.ndarray:
        """(k, j, i) voxel on which the patch is centred; the patch lies inside the image where it fits."""
        rng = np.random.default_rng((self.seed, _PATCH, number))
        shape, patch = np.asarray(case.geometry.shape), np.asarray(self.settings.patch)
        room = shape - patch
        lowest = np.minimum(0, room // 2) + patch // 2  # the voxel in the middle of a patch is patch // 2
        highest = np.where(room < 0, lowest, room + patch // 2)
        present = [points for points in case.points if len(points)]
        if present and rng.random() < self.settings.foreground_share:
            points = present[rng.integers(len(present))]
            center = points[rng.integers(len(points))]
        else:
            center = rng.integers(lowest, highest + 1)
        return np.clip(center, lowest, highest)
