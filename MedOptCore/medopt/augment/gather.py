"""Sample a box of voxels at the points of a patch: image and label in one go, in pieces that stay in the cache.

On CPUs this is several times faster than ``grid_sample`` after ``affine_grid``: no grid is stored, no point is
checked against the border (the box holds every neighbour), and each step is a plain vector operation. On other
devices the same code runs in one piece.
"""

from __future__ import annotations

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
    pieces = _pieces(depth, rows, columns, POINTS_AT_ONCE if device.type == "cpu" else depth * rows * columns)
    flat = image.flatten(1)
    strides = (image.stride(1), image.stride(2))
    exact = image[0].numel() <= LARGEST_EXACT
    flat_planes = bool((matrix[0, 1:3] == 0).all() and matrix[0, 0] == 1 and matrix[0, 3] == matrix[0, 3].round())
    in_plane = flat_planes and (displacement is None or not displacement.points[0].any())
    k, j, i = (
        [(torch.arange(n, dtype=torch.float64) * matrix[a, axis]).float().to(device) for a in range(3)]
        for axis, n in enumerate((depth, rows, columns))
    )
    start = [float(v) for v in matrix[:, 3]]
    field = None if displacement is None else [torch.from_numpy(f).to(device) for f in displacement.lines(slice(None))]
    largest = max((a.stop - a.start) * (b.stop - b.start) for a, b in pieces) * columns
    where = torch.empty((3, largest), device=device)
    spare = torch.empty((3, largest), device=device)
    index = torch.empty(largest, dtype=torch.int64, device=device)
    for piece_k, piece_j in pieces:
        shape = (piece_k.stop - piece_k.start, piece_j.stop - piece_j.start, columns)
        size = shape[0] * shape[1] * columns
        part = where[:, :size]
        for a in range(3):
            place = (k[a][piece_k] + start[a])[:, None] + j[a][piece_j]
            torch.add(place[:, :, None], i[a], out=part[a].view(shape))
            if field is not None and not (in_plane and a == 0):
                lines, weights = field
                part[a].view(-1, columns).addmm_(lines[a, piece_k, piece_j].flatten(0, 1), weights)
        if label is not None and out_label is not None:
            _index(torch.round(part, out=spare[:, :size]), strides, exact, index[:size])
            found = out_label[piece_k, piece_j]
            found.copy_(torch.index_select(label.view(-1), 0, index[:size]).view(shape))
        low = torch.floor(part, out=spare[:, :size])
        part.sub_(low)
        _index(low, strides, exact, index[:size])
        for c in range(flat.shape[0]):
            found = out_image[c, piece_k, piece_j].view(-1)
            _linear(flat[c], index[:size], part, strides, spare[:, :size], found, in_plane)


def _pieces(depth: int, rows: int, columns: int, points: int) -> list[tuple[slice, slice]]:
    """Several whole planes at a time, or some lines of one, so that no piece has many more points than these."""
    planes = max(1, points // (rows * columns))
    lines = min(rows, max(1, points // columns))
    return [
        (slice(k, min(k + planes, depth)), slice(j, min(j + lines, rows)))
        for k in range(0, depth, planes)
        for j in range(0, rows, lines)
    ]


def _index(place: Tensor, strides: tuple[int, int], exact: bool, out: Tensor) -> None:
    """Flat index of whole-numbered places (3, n), which are overwritten."""
    if exact:  # by way of int32: twice as fast as straight to int64
        out.copy_(place[0].mul_(strides[0]).add_(place[1], alpha=strides[1]).add_(place[2]).to(torch.int32))
    else:
        out.copy_(place[0]).mul_(strides[0])
        out.add_(place[1].to(torch.int64), alpha=strides[1]).add_(place[2].to(torch.int64))


def _linear(
    values: Tensor,
    index: Tensor,
    share: Tensor,
    strides: tuple[int, int],
    spare: Tensor,
    out: Tensor,
    in_plane: bool,
) -> None:
    """Trilinear values at flat ``index`` plus ``share`` (3, n) of a voxel; bilinear when the share along k is 0."""
    a, b, c = spare[0], spare[1], spare[2]
    select = torch.index_select

    def plane(offset: int, result: Tensor) -> None:
        row = offset + strides[1]
        select(values[offset:], 0, index, out=a)
        select(values[offset + 1 :], 0, index, out=b)
        torch.lerp(a, b, share[2], out=result)
        select(values[row:], 0, index, out=a)
        select(values[row + 1 :], 0, index, out=b)
        torch.lerp(a, b, share[2], out=a)
        torch.lerp(result, a, share[1], out=result)

    if in_plane:
        plane(0, out)
        return
    plane(0, c)
    plane(strides[0], out)
    torch.lerp(c, out, share[0], out=out)
