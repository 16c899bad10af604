"""Which patch comes next: a pure function of the seed and the step, so that a resumed run draws the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medopt.augment import AugmentSettings, draw, sample_patches
from medopt.augment.balance import Balance, BalanceSettings, balance
from medopt.tasks import Sample, Task
from medopt.training.cache import PreparedCase
from medopt.training.recipe import TrainingSettings

_ORDER, _PATCH, _AUGMENT, _LINE = 1, 2, 3, 4
"""Streams of random numbers that never meet."""

_GOLDEN = (math.sqrt(5) - 1) / 2
"""Successive multiples, modulo 1, leave no part of the interval without one for long."""


@dataclass(frozen=True)
class _Line:
    """Systematic sampling: each case takes as much of a line as it should come, and places 1 apart choose cases.

    A case that should come 1.4 times comes once or twice in an epoch, never thrice. Alike cases lie side by side, so
    that each class comes in every epoch nearly as often as it should. From one epoch to the next the places are moved
    by the golden ratio, so that a case that should come 0.2 times comes again within few epochs.
    """

    order: NDArray[np.int64]
    ends: NDArray[np.float64]
    first: float

    def case(self, place: int, epoch: int) -> int:
        """The index of the case at a place, 0 to the length of the line."""
        moved = place + (self.first + epoch * _GOLDEN) % 1
        return int(self.order[min(int(np.searchsorted(self.ends, moved, "right")), len(self.order) - 1)])


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step learns from.

    Parameters
    ----------
    images : (batch, channel, *patch) float32
    targets : what the task's loss compares with, each batch first
    """

    images: Tensor
    targets: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def part(self, first: int, last: int) -> Batch:
        """The patches from ``first`` to before ``last``."""
        return Batch(self.images[first:last], {name: value[first:last] for name, value in self.targets.items()})


@dataclass(frozen=True)
class PatchSampler:
    """Draws batches of augmented patches.

    Every case comes once an epoch, in an order shuffled anew each epoch, or as often as ``balance`` makes it from what
    the cases hold. ``foreground_share`` of the patches are centred on a voxel of a structure, each structure of the
    case equally often; the rest anywhere.
    """

    cases: Sequence[PreparedCase]
    task: Task
    settings: TrainingSettings
    augment: AugmentSettings
    seed: int
    device: torch.device
    balance: BalanceSettings = field(default_factory=BalanceSettings)

    def batch(self, step: int) -> Batch:
        """The patches of one step, on the device."""
        size = self.settings.batch_size
        return self.patches(range(step * size, (step + 1) * size))

    def patches(self, numbers: Sequence[int]) -> Batch:
        """The patches of these numbers, counted from the first of the training; on the device.

        In 2D the patch's first axis (k = 1) is dropped.
        """
        chosen = [self._case(n) for n in numbers]
        centers = np.stack([self._center(case, n) for case, n in zip(chosen, numbers, strict=True)])
        spacings = [case.geometry.spacing for case in chosen]
        drawn = [
            draw(self.augment, (self.seed, _AUGMENT, n), self.settings.patch, spacing)
            for n, spacing in zip(numbers, spacings, strict=True)
        ]
        images, labels = sample_patches(
            [case.image for case in chosen],
            [case.target for case in chosen] if self.task.dense else None,
            centers,
            drawn,
            self.settings.patch,
            spacings,
            self.device,
        )
        samples = [
            Sample(case.target, case.judged, one, center, spacing)
            for case, one, center, spacing in zip(chosen, drawn, centers, spacings, strict=True)
        ]
        targets = self.task.targets(samples, labels, self.settings.patch, self.settings.dims)
        targets = {name: value.to(self.device) for name, value in targets.items()}
        return Batch(images.squeeze(2) if self.settings.dims == 2 else images, targets)

    def names(self, step: int) -> list[str]:
        """The cases of the patches of one step, each once."""
        size = self.settings.batch_size
        return list(dict.fromkeys(self._case(n).case for n in range(step * size, (step + 1) * size)))

    def epoch(self, step: int) -> float:
        """Passes over all cases after ``step`` steps."""
        return step * self.settings.batch_size / self._balanced.length

    def _case(self, number: int) -> PreparedCase:
        epoch, position = divmod(number, self._balanced.length)
        rng = np.random.default_rng((self.seed, _ORDER, epoch))
        place = rng.permutation(self._balanced.length)[position]
        return self.cases[place if self._line is None else self._line.case(place, epoch)]

    @cached_property
    def _line(self) -> _Line | None:
        """The cases in line for systematic sampling; None when each comes once."""
        if not self._balanced.changes:
            return None
        rng = np.random.default_rng((self.seed, _LINE))
        held = self._held[:, np.argsort(self._balanced.before, kind="stable")]  # the rarest class first
        order = np.lexsort((rng.random(len(held)), *held.T[::-1]))
        return _Line(order, np.cumsum(self._balanced.times[order]), float(rng.random()))

    @cached_property
    def _held(self) -> NDArray[np.float64]:
        """(cases, classes), 1 where the prepared case holds the class."""
        return np.array([[float(len(points) > 0) for points in case.points] for case in self.cases])

    @cached_property
    def _balanced(self) -> Balance:
        return balance(self._held, self.balance)

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
