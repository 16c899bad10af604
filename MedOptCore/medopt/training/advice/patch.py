"""Patch and batch size: from the median image, the memory and the number of voxels that there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

PATCH_VOXELS = {"cpu": {2: 256 * 256, 3: 96 * 96 * 96}, "cuda": {2: 512 * 512, 3: 128 * 128 * 128}}
"""Largest patch by device and dimensions; on a GPU what nnU-Net takes on one of 8 GB."""
STEP_VOXELS = {"cpu": 1 << 18, "cuda": 1 << 22}
"""Voxels of a step up to which patches are added: 2 patches of 128³ on a GPU, a sixteenth on a CPU."""
SHARE_OF_DATA = 0.05
"""A step holds at most this share of all training voxels (nnU-Net)."""
SMALLEST_BATCH, LARGEST_BATCH = 2, 64
"""Patches a step; with one alone the gradient is too noisy."""
FEWEST_IMAGES = 16
"""Whole images a step, where there are as many: each gives but one answer to learn from."""

Triple = tuple[int, int, int]


def propose_patch(shape: Sequence[int], divisor: Sequence[int], voxels: int) -> Triple:
    """The shape rounded up to multiples of ``divisor``, its longest sides cut until at most ``voxels`` are left."""
    patch = _triple(math.ceil(n / d) * d for n, d in zip(shape, divisor, strict=True))
    while math.prod(patch) > voxels:
        smaller = cut(patch, divisor)
        if smaller is None:
            break
        patch = smaller
    return patch


def cut(patch: Sequence[int], divisor: Sequence[int]) -> Triple | None:
    """The patch with its longest side shorter by one multiple of ``divisor``; None when no side can be cut."""
    axis = max((a for a in range(3) if patch[a] > divisor[a]), key=lambda a: patch[a], default=None)
    if axis is None:
        return None
    return _triple(n - divisor[a] if a == axis else n for a, n in enumerate(patch))


def propose_batch(patch: Sequence[int], all_voxels: float, kind: str, fits: Callable[[int], bool]) -> int:
    """Patches a step on a device of ``kind``.

    As many as hold STEP_VOXELS, SHARE_OF_DATA of ``all_voxels`` and what ``fits`` the memory; at least SMALLEST_BATCH,
    and one where two do not fit.
    """
    voxels = math.prod(patch)
    wanted = min(STEP_VOXELS.get(kind, STEP_VOXELS["cpu"]), SHARE_OF_DATA * all_voxels) / voxels
    batch = int(min(max(wanted, SMALLEST_BATCH), LARGEST_BATCH))
    while batch > 1 and not fits(batch):
        batch -= 1
    return batch


def propose_images(shape: Sequence[int], cases: int, kind: str, fits: Callable[[int], bool]) -> int:
    """Whole images of ``shape`` a step: as many as hold STEP_VOXELS, from FEWEST_IMAGES to LARGEST_BATCH, but a quarter
    of all ``cases`` and what ``fits`` the memory at most; at least SMALLEST_BATCH, and one where two do not fit.
    """
    wanted = STEP_VOXELS.get(kind, STEP_VOXELS["cpu"]) // math.prod(shape)
    batch = max(SMALLEST_BATCH, min(max(wanted, FEWEST_IMAGES), LARGEST_BATCH, cases // 4))
    while batch > 1 and not fits(batch):
        batch -= 1
    return batch


def _triple(values: Iterable[int]) -> Triple:
    k, j, i = values
    return int(k), int(j), int(i)
