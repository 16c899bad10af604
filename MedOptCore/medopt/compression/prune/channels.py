"""Which feature maps of a network can only go together, and where each of them lies in its tensors.

Every feature map that a layer makes gets a number. The numbers are followed through the network's graph: norms and
activations keep them, a concatenation puts them side by side, an addition makes those that meet one. Removing a map
then means leaving its positions out of every tensor, wherever it went; so skip connections need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Role = Literal["makes", "takes", "keeps"]
"""What a tensor does with the maps along one of its axes: a convolution's filters make maps and its columns take them;
norms, biases and depthwise filters keep theirs."""


@dataclass(frozen=True, eq=False)
class Slot:
    """One axis of a tensor whose positions belong to feature maps.

    Parameters
    ----------
    tensor : its name in the network's state
    axis : of the tensor
    groups : (positions,) group of each position, -1 where the map must stay
    role : what the tensor does with them
    """

    tensor: str
    axis: int
    groups: Ids
    role: Role

    def kept(self, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(positions,) whether each stays when the groups in ``keep`` (groups,) do."""
        stays: NDArray[np.bool_] = np.where(self.groups < 0, True, keep[self.groups])
        return stays


@dataclass(frozen=True, eq=False)
class ChannelGraph:
    """Groups of feature maps that can only be removed together.

    Parameters
    ----------
    slots : every axis of every tensor that has to do with them
    groups : how many there are; maps of the image and of the outputs are in none
    """

    slots: tuple[Slot, ...]
    groups: int

    @cached_property
    def layers(self) -> Ids:
        """(groups,) number of the layer that each is of: groups made by the same tensors compete with each other."""
        makers: list[list[str]] = [[] for _ in range(self.groups)]
        for slot in self.slots:
            if slot.role == "makes":
                for group in np.unique(slot.groups[slot.groups >= 0]):
                    makers[group].append(slot.tensor)
        names: dict[tuple[str, ...], int] = {}
        return np.array([names.setdefault(tuple(sorted(m)), len(names)) for m in makers], np.int64)

    @cached_property
    def by_tensor(self) -> Mapping[str, tuple[Slot, ...]]:
        """The slots of each tensor."""
        found: dict[str, tuple[Slot, ...]] = {}
        for slot in self.slots:
            found[slot.tensor] = (*found.get(slot.tensor, ()), slot)
        return found


class Numbers:
    """Hands out numbers for feature maps, and knows which are coupled (a union-find)."""

    def __init__(self) -> None:
        self._parent: list[int] = []

    def fresh(self, count: int) -> Ids:
        """``count`` numbers that nothing has yet."""
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return np.arange(first, first + count)

    def couple(self, one: Ids, other: Ids) -> None:
        """Let what stands at the same place in both go together."""
        for a, b in zip(one.ravel(), other.ravel(), strict=True):
            self._parent[self.root(int(a))] = self.root(int(b))

    def root(self, number: int) -> int:
        """The number that stands for all that are coupled with ``number``."""
        path = []
        while self._parent[number] != number:
            path.append(number)
            number = self._parent[number]
        for one in path:
            self._parent[one] = number
        return number

    def roots(self, ids: Ids) -> Ids:
        """``root`` of each."""
        return np.array([self.root(int(one)) for one in ids.ravel()], np.int64).reshape(ids.shape)
