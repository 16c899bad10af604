"""Whether a tensor of a source fits a tensor of the network, and what must be done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from torch import Tensor

from medopt.training.transfer import adapt
from medopt.training.transfer.layout import Layout, is_transposed
from medopt.training.transfer.source import Source


@dataclass(frozen=True)
class Verdict:
    """Whether it fits; ``why`` says how it is adapted (empty: as it is) or why it does not fit."""

    fits: bool
    why: str = ""


@dataclass(frozen=True, eq=False)
class Fitter:
    """Fits tensors of ``source`` to those of a network.

    Parameters
    ----------
    target : the network's state as it is now
    layout : its parts
    source : where tensors come from, and what its outputs and channels mean
    task, rows : what the network answers, and the name of each output
    channels : names of the network's input channels
    inflation : how 2D kernels become 3D
    """

    target: Mapping[str, Tensor]
    layout: Layout
    source: Source
    task: str
    rows: tuple[str, ...]
    channels: tuple[str, ...]
    inflation: Literal["centre", "repeat"] = "centre"
    _stems: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stems", self.layout.stems(len(self.channels)))

    @cached_property
    def answers(self) -> frozenset[str]:
        """Tensors of the head with a row for each output."""
        return self.layout.answers(len(self.rows))

    def judge(self, name: str, other: str) -> Verdict:
        """Whether the source's ``other`` fits the network's ``name``; nothing is computed."""
        here, there = tuple(self.target[name].shape), tuple(self.source.tensors[other].shape)
        if name in self.answers:
            return self._judge_answer(here, there)
        module = self.layout.kernels.get(name)
        if module is None or len(there) not in (4, 5):
            return Verdict(True) if here == there else Verdict(False, _other_size(here, there))
        steps, sides = self._dimensions(module, here, there)
        if sides is None:
            return Verdict(False, _other_size(here, there))
        if name in self._stems and there[1] != here[1]:
            steps.append(f"from {there[1]} input channel{'s' * (there[1] > 1)} to {here[1]}")
            sides = (sides[0], here[1], *sides[2:])
        elif name in self._stems and here[1] > 1 and self._columns(there[1]) != list(range(here[1])):
            steps.append("with its input channels put in order")
        return Verdict(True, ", ".join(steps)) if sides == here else Verdict(False, _other_size(here, there))

    def make(self, name: str, other: str) -> Tensor:
        """The tensor for the network's ``name``, of its shape and type; `judge` must have said that it fits."""
        here, value = self.target[name], self.source.tensors[other]
        if name in self.answers:
            return adapt.match_rows(here, value.reshape(len(value), *here.shape[1:]), self._rows())
        value = value if not here.is_floating_point() else value.to(here.device).float()
        module = self.layout.kernels.get(name)
        if module is not None and value.ndim != here.ndim:
            value = self._convert(module, value, here)
        if name in self._stems:
            columns = self._columns(value.shape[1])
            if columns != list(range(value.shape[1])):
                value = adapt.mix_inputs(value, columns)
        return value.to(here.device, here.dtype).clone().contiguous()

    # ---- parts of it -----------------------------------------------------------------------------------------

    def _judge_answer(self, here: tuple[int, ...], there: tuple[int, ...]) -> Verdict:
        if self.source.rows is None:
            return Verdict(False, "which class each output of the source stands for is not known")
        if self.source.task != self.task:
            return Verdict(False, f"the source answers another task ({self.source.task})")
        if len(self.source.rows) != there[0] or _plain(here[1:]) != _plain(there[1:]):
            return Verdict(False, _other_size(here, there))
        rows = self._rows()
        found = sum(row is not None for row in rows)
        if self.source.rows == self.rows:
            return Verdict(True)
        if not any(row is not None and self.rows[n] != "background" for n, row in enumerate(rows)):
            return Verdict(False, "the source knows none of the classes")
        return Verdict(True, f"with {found} of {len(rows)} outputs by the names of their classes")

    def _rows(self) -> list[int | None]:
        """For each output here the source's of the same name, whatever the case of its letters."""
        known = {name.strip().lower(): row for row, name in enumerate(self.source.rows or ())}
        return [known.get(name.strip().lower()) for name in self.rows]

    def _dimensions(
        self, module: Any, here: tuple[int, ...], there: tuple[int, ...]
    ) -> tuple[list[str], tuple[int, ...] | None]:
        """What is done about dimensions, and the shape after it; None when nothing can be done."""
        if len(here) == len(there):
            return [], there
        if len(here) == 5 and len(there) == 4:
            planes = {"centre": "in the middle plane", "repeat": "repeated"}[self.inflation]
            how = "shared along k" if is_transposed(module) else planes
            return [f"from 2D to 3D ({how})" if here[2] > 1 else "from 2D to 3D"], (*there[:2], here[2], *there[2:])
        if len(here) == 4 and len(there) == 5:
            return ["from 3D to 2D (summed along k)" if there[2] > 1 else "from 3D to 2D"], (*there[:2], *there[3:])
        return [], None

    def _convert(self, module: Any, value: Tensor, here: Tensor) -> Tensor:
        transposed = is_transposed(module)
        if here.ndim == 5:
            depth = here.shape[2]
            if transposed:
                return adapt.inflate_transposed(value, depth, module.stride[0])
            return adapt.inflate(value, depth, self.inflation)
        if not transposed:
            return adapt.deflate(value)
        # the source's stride along k is not known from its weights: without overlap it is the kernel's length
        apart = module.kernel_size == module.stride
        return adapt.deflate_transposed(value, value.shape[2] if apart else min(module.stride[0], value.shape[2]))

    def _columns(self, inputs: int) -> list[int | None]:
        """For each channel here the source's input of the same name; by place where as many are left on both sides."""
        names = self.source.channels
        if names is None or len(names) != inputs or not set(names) & set(self.channels):
            return list(range(inputs)) if inputs == len(self.channels) else [None] * len(self.channels)
        columns: list[int | None] = [names.index(name) if name in names else None for name in self.channels]
        if inputs == len(self.channels):
            left = iter([n for n, name in enumerate(names) if name not in self.channels])
            columns = [next(left) if column is None else column for column in columns]
        return columns


def _plain(sides: Sequence[int]) -> tuple[int, ...]:
    """The sides without those of length 1 at the end: a 1×1 convolution is a matrix product."""
    sides = tuple(sides)
    while len(sides) > 1 and sides[-1] == 1:
        sides = sides[:-1]
    return sides


def _other_size(here: tuple[int, ...], there: tuple[int, ...]) -> str:
    return f"another size at the source: {'×'.join(map(str, there)) or '1'}, here {'×'.join(map(str, here)) or '1'}"
