"""Where the cells of a feature map lie in the image, and the way from cells to voxels.

A strided layer does not put its cells in the middle of the voxels that it reduces: the convolutions of kernel 3 and
padding 1 that most networks reduce with put cell c over voxel 2 c, half a voxel before that middle, and several of
them add up (Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks", Distill 2019).
Stretching the map over the image, as is common, shifts what it points at by up to half a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

REDUCING = (nn.Conv2d, nn.Conv3d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool2d, nn.AvgPool3d)


@dataclass(frozen=True)
class Cells:
    """Where cells lie along each axis of the network: cell c has its middle at voxel ``first + step * c``."""

    first: tuple[float, ...]
    step: tuple[float, ...]

    def padded(self) -> Cells:
        """The same with three axes (k, j, i)."""
        missing = 3 - len(self.first)
        return Cells((0.0,) * missing + self.first, (1.0,) * missing + self.step)


class CellTrace:
    """Follows a forward pass and notes where the cells of each size of map lie.

    A map of a size that the encoder also has, as the decoder's are, lies where the encoder's does: skip connections
    put one over the other.

    Parameters
    ----------
    network : whose pass is followed within the ``with``
    space : voxels of the network's input along each of its axes
    """

    def __init__(self, network: nn.Module, space: Sequence[int]) -> None:
        self._network, self._space = network, tuple(space)
        self._known = {self._space: Cells((0.0,) * len(self._space), (1.0,) * len(self._space))}
        self._hooks: list[Any] = []

    def cells(self, size: Sequence[int]) -> Cells:
        """Of maps with ``size`` cells; stretched over the image when no strided layer gave that size."""
        wanted = tuple(int(n) for n in size)
        if wanted in self._known:
            return self._known[wanted]
        step = tuple(voxels / n for voxels, n in zip(self._space, wanted, strict=True))
        return Cells(tuple((s - 1) / 2 for s in step), step)

    def __enter__(self) -> CellTrace:
        for module in self._network.modules():
            if isinstance(module, REDUCING):
                self._hooks.append(module.register_forward_hook(self._note))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()

    def _note(self, module: Any, given: tuple[Tensor, ...], output: Tensor) -> None:
        before, after = tuple(given[0].shape[2:]), tuple(output.shape[2:])
        if before == after or before not in self._known:
            return
        cells, axes = self._known[before], len(before)
        numbers = [_each(value, axes) for value in (module.kernel_size, module.stride, module.padding)]
        dilation = _each(getattr(module, "dilation", 1), axes)
        first, step = [], []
        for axis, (kernel, stride, padding) in enumerate(zip(*numbers, strict=True)):
            middle = dilation[axis] * (kernel - 1) / 2 - padding
            first.append(cells.first[axis] + middle * cells.step[axis])
            step.append(cells.step[axis] * stride)
        self._known.setdefault(after, Cells(tuple(first), tuple(step)))


def voxels_of_cells(values: NDArray, cells: Cells, size: Sequence[int]) -> NDArray[np.float32]:
    """A map (k, j, i) of cells at the voxels of a window of ``size``: linear between cells, constant beyond them."""
    result = np.asarray(values, np.float32)
    for axis, voxels in enumerate(size):
        places = (np.arange(voxels) - cells.first[axis]) / cells.step[axis]
        last = result.shape[axis] - 1
        below = np.clip(np.floor(places), 0, last).astype(int)
        above = np.minimum(below + 1, last)
        share = np.clip(places - below, 0, 1).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
        result = np.take(result, below, axis) * (1 - share) + np.take(result, above, axis) * share
    return result.astype(np.float32)


def _each(value: Any, axes: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (int(value),) * axes
