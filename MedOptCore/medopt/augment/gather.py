"""Sample a box of voxels at the points of a patch: image and label in one go, in pieces that stay in the cache.

On CPUs this is several times faster than ``grid_sample`` after ``affine_grid``: no grid is stored, no point is
checked against the border (the box holds every neighbour), and each step is a plain vector operation. On other
devices the same code runs in one piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from medopt.augment.placement import Displacement

LARGEST_EXACT = 1 << 24
"""Voxels whose flat index float32 holds exactly."""

POINTS_AT_ONCE = 1 << 16
"""Points worked on at a time on a CPU: 256 kB a buffer, so that all buffers stay in the second-level cache."""


def gather(
    image: Tensor,
    label: Tensor | None,
    matrix: Tensor,
    displacement: Displacement | None,
    out_image: Tensor,
    out_label: Tensor | None,
) -> None:
    """Fill ``out_image`` (channel, k, j, i) by linear interpolation and ``out_label`` (k, j, i) by the nearest voxel.

    Parameters
    ----------
    image : (channel, k, j, i) float32, contiguous; it must hold both neighbours of every point along each axis
    label : (k, j, i) integers, contiguous, on the same voxels; or None
    matrix : 3×4 float64 on the CPU, from a patch index (k, j, i, 1) to an index of ``image``
    displacement : added to that index

    All tensors but ``matrix`` are on one device; the outputs must be contiguous. A point halfway between
    two voxels takes the label of the one with the even index along that axis.
    """
    depth, rows, columns = out_image.shape[1:]
    device = image.device
    flat_planes = bool((matrix[0, 1:3] == 0).all() and matrix[0, 0] == 1 and matrix[0, 3] == matrix[0, 3].round())
    in_plane = flat_planes and (displacement is None or not displacement.points[0].any())
    axes = (1, 2) if in_plane else (0, 1, 2)
    sizes = [image.shape[1 + a] for a in axes]
    at_once = POINTS_AT_ONCE if device.type == "cpu" else depth * rows * columns
    pieces = _pieces(depth, rows, columns, min(at_once, rows * columns) if in_plane else at_once)
    k, j, i = (
        torch.outer(matrix[:, axis], torch.arange(n, dtype=torch.float64)).float()
        for axis, n in enumerate((depth, rows, columns))
    )
    lines = ((k + matrix[:, 3:].float())[:, :, None] + j[:, None]).to(device)
    i = i.to(device)
    field = None if displacement is None else [torch.from_numpy(f).to(device) for f in displacement.lines(slice(None))]
    largest = max((a.stop - a.start) * (b.stop - b.start) for a, b in pieces) * columns
    where = torch.empty((len(axes), largest), device=device)
    spare = torch.empty((len(axes), largest), device=device)
    short = torch.empty(largest, dtype=torch.int32, device=device)
    index = torch.empty(largest, dtype=torch.int64, device=device)
    for piece_k, piece_j in pieces:
        shape = (piece_k.stop - piece_k.start, piece_j.stop - piece_j.start, columns)
        n = shape[0] * shape[1] * columns
        share, free, flat = where[:, :n], spare[:, :n], index[:n]
        plane = (int(matrix[0, 3]) + piece_k.start) * image.stride(1) if in_plane else 0
        for place, a in zip(share, axes, strict=True):
            torch.add(lines[a, piece_k, piece_j, None], i[a], out=place.view(shape))
            if field is not None:
                place.view(-1, columns).addmm_(field[0][a, piece_k, piece_j].flatten(0, 1), field[1])
        if label is not None and out_label is not None:
            _index(torch.round(share, out=free), sizes, short[:n], flat)
            out_label[piece_k, piece_j] = torch.index_select(label.view(-1)[plane:], 0, flat).view(shape)
        low = torch.floor(share, out=free)
        share.sub_(low)
        _index(low, sizes, short[:n], flat)
        for values, out in zip(image.flatten(1), out_image, strict=True):
            _linear(values[plane:], flat, share, sizes, free, out[piece_k, piece_j].view(-1))


def _pieces(depth: int, rows: int, columns: int, points: int) -> list[tuple[slice, slice]]:
    """Several whole planes at a time, or some lines of one, so that no piece has many more points than these."""
    planes = max(1, points // (rows * columns))
    lines = min(rows, max(1, points // columns))
    return [
        (slice(k, min(k + planes, depth)), slice(j, min(j + lines, rows)))
        for k in range(0, depth, planes)
        for j in range(0, rows, lines)
    ]


def _index(place: Tensor, sizes: Sequence[int], short: Tensor, out: Tensor) -> None:
    """Flat index in an array of ``sizes`` of whole-numbered places (axis, n), which are overwritten."""
    if math.prod(sizes) <= LARGEST_EXACT:
        for before, after, size in zip(place[:-1], place[1:], sizes[1:], strict=True):
            after.add_(before, alpha=size)
        out.copy_(short.copy_(place[-1]))  # by way of int32: twice as fast as straight to int64
        return
    out.copy_(place[0])
    for after, size in zip(place[1:], sizes[1:], strict=True):
        out.mul_(size).add_(after.to(torch.int64))


def _linear(values: Tensor, index: Tensor, share: Tensor, sizes: Sequence[int], spare: Tensor, out: Tensor) -> None:
    """Values between those at flat ``index`` and the next along each axis, at ``share`` (axis, n) of a voxel."""
    far = spare[0]
    if len(sizes) == 1:
        torch.index_select(values, 0, index, out=out)
        torch.index_select(values[1:], 0, index, out=far)
    else:
        _linear(values, index, share[1:], sizes[1:], spare[1:], out)
        _linear(values[math.prod(sizes[1:]) :], index, share[1:], sizes[1:], spare[1:], far)
    torch.lerp(out, far, share[0], out=out)
