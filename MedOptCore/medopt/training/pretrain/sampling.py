"""Which patches come next in a pretraining, and what of them is hidden: pure functions of the seed and the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from medopt.augment import AugmentSettings, draw, sample_patches
from medopt.augment.technique import SpatialTechnique
from medopt.training.pretrain.hiding import draw_hidden
from medopt.training.pretrain.images import PreparedImage

_ORDER, _PATCH, _AUGMENT, _HIDDEN = 11, 12, 13, 14
"""Streams of random numbers that never meet, nor those of a training."""


@dataclass(frozen=True, eq=False)
class HiddenBatch:
    """What one step learns from.

    Parameters
    ----------
    images : (batch, channel, *patch) float32, as they are
    hidden : (batch, 1, *patch) bool, True where the network does not see them
    """

    images: Tensor
    hidden: Tensor


def without_noise(augment: AugmentSettings) -> AugmentSettings:
    """The spatial techniques alone: noise, blur and the like would have to be guessed, too, and cannot be."""
    kept = tuple(t for t in augment.techniques if isinstance(t, SpatialTechnique))
    return augment.model_copy(update={"techniques": kept})


@dataclass(frozen=True)
class HiddenSampler:
    """Draws patches anywhere in the images, each image once an epoch in an order shuffled anew, and hides blocks.

    Parameters
    ----------
    images : at least one
    patch : voxels along (k, j, i); k = 1 draws slices, and batches are then without that axis
    batch_size : patches a step
    augment : techniques to use; see `without_noise`
    block, hidden : voxels (k, j, i) of a block, and the share of blocks that are hidden
    """

    images: Sequence[PreparedImage]
    patch: tuple[int, int, int]
    batch_size: int
    augment: AugmentSettings
    block: tuple[int, int, int]
    hidden: float
    seed: int
    device: torch.device

    def batch(self, step: int) -> HiddenBatch:
        """The patches of one step, on the device."""
        numbers = range(step * self.batch_size, (step + 1) * self.batch_size)
        chosen = [self._image(number) for number in numbers]
        spacings = [image.spacing for image in chosen]
        drawn = [
            draw(self.augment, (self.seed, _AUGMENT, number), self.patch, spacing)
            for number, spacing in zip(numbers, spacings, strict=True)
        ]
        centers = np.stack([self._center(image, number) for image, number in zip(chosen, numbers, strict=True)])
        arrays = [image.array for image in chosen]
        patches, _ = sample_patches(arrays, None, centers, drawn, self.patch, spacings, self.device)
        hidden = np.stack(
            [draw_hidden((self.seed, _HIDDEN, number), self.patch, self.block, self.hidden) for number in numbers]
        )
        masks = torch.from_numpy(hidden).unsqueeze(1).to(self.device)
        flat = self.patch[0] == 1
        return HiddenBatch(patches.squeeze(2) if flat else patches, masks.squeeze(2) if flat else masks)

    def epoch(self, step: int) -> float:
        """Passes over all images after ``step`` steps."""
        return step * self.batch_size / len(self.images)

    def _image(self, number: int) -> PreparedImage:
        epoch, position = divmod(number, len(self.images))
        order = np.random.default_rng((self.seed, _ORDER, epoch)).permutation(len(self.images))
        return self.images[order[position]]

    def _center(self, image: PreparedImage, number: int) -> np.ndarray:
        """(k, j, i) voxel of the middle of a patch that lies inside the image where it fits."""
        patch = np.asarray(self.patch)
        room = np.asarray(image.array.shape[1:]) - patch
        lowest = np.minimum(0, room // 2) + patch // 2
        highest = np.where(room < 0, lowest, room + patch // 2)
        return np.random.default_rng((self.seed, _PATCH, number)).integers(lowest, highest + 1)
