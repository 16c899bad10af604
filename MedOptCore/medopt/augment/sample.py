"""Cut augmented patches out of volumes: every spatial change composed and sampled once, then intensities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medopt.augment.drawn import Drawn
from medopt.augment.gather import gather
from medopt.augment.placement import place
from medopt.augment.region import needed, read
from medopt.augment.registry import TECHNIQUES
from medopt.augment.technique import IntensityTechnique, Triple


def sample_patches(
    volumes: Sequence[NDArray],
    labels: Sequence[NDArray] | None,
    centers: ArrayLike,
    drawn: Sequence[Drawn],
    patch_shape: Sequence[int],
    spacings: Sequence[Sequence[float]],
    device: torch.device | str = "cpu",
    *,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor | None]:
    """One augmented patch from each volume.

    Parameters
    ----------
    volumes : n arrays (channel, k, j, i) of any real dtype, all with the same channels; may be memory-mapped: only
        the box that a patch needs is read
    labels : n integer arrays (k, j, i), or None
    centers : (n, 3) volume indices (k, j, i); that voxel becomes voxel ``patch_shape // 2`` of a patch that is not
        moved, and a patch may leave the volume (see ``AugmentSettings.border``)
    drawn : what happens to each patch
    patch_shape : voxels along (k, j, i)
    spacings : mm along (k, j, i) of each volume
    device : where the outcome is wanted; voxels go there once, and everything else happens there
    dtype : of the images; all work is done in float32

    Returns images (n, channel, k, j, i) and labels (n, k, j, i) int64, or None without labels. Images are interpolated
    linearly, labels take the nearest voxel of the same grid. A patch with no spatial technique is a plain copy, one
    that is only flipped an exact one. The same arguments on the same machine give the same bits. Empty input gives
    empty tensors with 0 channels. Raises ValueError when the arguments do not fit each other.
    """
    shape = _shape(patch_shape)
    device = torch.device(device)
    places = np.asarray(centers, float).reshape(-1, 3)
    _check(volumes, labels, places, drawn, shape, spacings)
    n, channels = len(volumes), int(volumes[0].shape[0]) if volumes else 0
    images = torch.empty((n, channels, *shape), device=device)
    targets = None if labels is None else torch.empty((n, *shape), dtype=torch.int64, device=device)
    for s in range(n):
        _spatial(
            volumes[s],
            None if labels is None else labels[s],
            places[s],
            drawn[s],
            spacings[s],
            images[s],
            None if targets is None else targets[s],
        )
    _intensities(images, drawn, [_triple(s) for s in spacings])
    return images.to(dtype), targets


def _spatial(
    volume: NDArray,
    label: NDArray | None,
    center: NDArray,
    drawn: Drawn,
    spacing: Sequence[float],
    image_out: Tensor,
    label_out: Tensor | None,
) -> None:
    placement = place(drawn, center.tolist(), spacing)
    start, size = needed(placement, drawn.shape)
    box = torch.from_numpy(read(volume, start, size, drawn.border, np.float32)).to(image_out.device)
    label_box = None
    if label is not None:
        label_box = torch.from_numpy(read(label, start, size, drawn.border, _label_type(label))).to(image_out.device)
    if placement.matrix is None:
        image_out.copy_(box.flip([a - 3 for a in placement.flips]) if placement.flips else box)
        if label_out is not None and label_box is not None:
            label_out.copy_(label_box.flip([a - 3 for a in placement.flips]) if placement.flips else label_box)
        return
    matrix = torch.from_numpy(placement.matrix.copy())
    matrix[:, 3] -= torch.tensor(start)
    gather(box, label_box, matrix, placement.displacement, image_out, label_out)


def _intensities(images: Tensor, drawn: Sequence[Drawn], spacings: Sequence[Triple]) -> None:
    """Apply intensity techniques in place, in their fixed order.

    On CPUs one image at a time, so that it stays in the cache, and by numpy, whose powers, exponentials and small
    products are faster on one thread; elsewhere all images of a technique at once, as starting the work is what costs.
    """
    parameters = [{a.technique: a.parameters for a in d.actions} for d in drawn]
    on_cpu = images.device.type == "cpu"
    groups = [[s] for s in range(len(drawn))] if on_cpu else [list(range(len(drawn)))]
    for group in groups:
        for kind in TECHNIQUES:
            if not issubclass(kind, IntensityTechnique):
                continue
            name = kind.model_fields["technique"].default
            chosen = [s for s in group if name in parameters[s]]
            if not chosen:
                continue
            alone = len(chosen) == 1
            part = slice(chosen[0], chosen[0] + 1) if alone else chosen  # a slice is worked on in place
            values = images[part].numpy() if on_cpu else images[part]
            result = kind.apply(values, [parameters[s][name] for s in chosen], [spacings[s] for s in chosen])
            if result is not values or not alone:
                images[part] = torch.from_numpy(result) if on_cpu else result


def _label_type(label: NDArray) -> np.dtype:
    """The label's own dtype where torch can index it, otherwise one that holds its values."""
    if label.dtype in (np.uint8, np.int8, np.int16, np.int32, np.int64):
        return label.dtype
    return np.dtype(np.uint8) if label.dtype == np.bool_ else np.dtype(np.int64)


def _shape(values: Sequence[int]) -> tuple[int, int, int]:
    k, j, i = (int(v) for v in values)
    return k, j, i


def _triple(values: Sequence[float]) -> Triple:
    k, j, i = (float(v) for v in values)
    return k, j, i


def _check(
    volumes: Sequence[NDArray],
    labels: Sequence[NDArray] | None,
    centers: NDArray,
    drawn: Sequence[Drawn],
    shape: tuple[int, int, int],
    spacings: Sequence[Sequence[float]],
) -> None:
    counts = {len(volumes), len(centers), len(drawn), len(spacings), len(volumes if labels is None else labels)}
    if len(counts) != 1:
        raise ValueError(f"volumes, labels, centers, drawn and spacings differ in number: {sorted(counts)}")
    for s, volume in enumerate(volumes):
        if volume.ndim != 4 or volume.shape[0] != volumes[0].shape[0]:
            raise ValueError(f"expected (channel, k, j, i) arrays with equal channels, found shape {volume.shape}")
        if labels is not None and labels[s].shape != volume.shape[1:]:
            raise ValueError(f"the label has shape {labels[s].shape}, the volume {volume.shape[1:]}")
        if drawn[s].shape != shape:
            raise ValueError(f"drawn for patches of {drawn[s].shape}, found patch_shape {shape}")
