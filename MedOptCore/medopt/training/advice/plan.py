"""Network, patch and batch together: what fits the memory, and what learns enough in the time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medopt.networks.backbone import Size
from medopt.training.advice.machine import Machine
from medopt.training.advice.networks import SIZES, Candidate, Cost, Maker
from medopt.training.advice.patch import (
    FEWEST_IMAGES,
    PATCH_VOXELS,
    SMALLEST_BATCH,
    Triple,
    cut,
    propose_batch,
    propose_images,
    propose_patch,
)
from medopt.training.advice.speed import step_seconds

FEWEST_STEPS = 150
"""Steps below which a network learns little: fewer make the network, then the patch, smaller."""
OVERHEAD = 1.3
"""A whole step beside its forward and backward pass: batches, loss, optimiser, moving average, checkpoints."""
SMALLEST_PATCH = {2: 64 * 64, 3: 32 * 32 * 32}
"""Voxels below which a patch is not cut to save time."""
CUT = 8
"""Voxels by which the limit cuts sides, before the network is known."""

MakeCandidate = Callable[[Size, Sequence[int]], Candidate]
"""The network of a size for patches of a shape (k, j, i)."""


@dataclass(frozen=True)
class Plan:
    """What will be trained.

    Parameters
    ----------
    candidate : the network; ``first`` is the size that would have been taken with time enough
    patch, batch_size : patches (k, j, i) of a step
    covering : the patch that covers the median image
    cost : of the network on one patch
    seconds : of a whole training step; None when it was not measured
    fits : whether a step fits the memory
    limited, memory_cut, time_cut : whether the limit of voxels, the memory or the time made the patch smaller
    """

    candidate: Candidate
    first: Size
    patch: Triple
    covering: Triple
    batch_size: int
    cost: Cost
    seconds: float | None = None
    fits: bool = True
    limited: bool = False
    memory_cut: bool = False
    time_cut: bool = False

    def steps_in(self, minutes: float | None) -> int | None:
        """Steps that fit ``minutes``; None where that is not known."""
        if minutes is None or self.seconds is None:
            return None
        return max(1, int(minutes * 60 / self.seconds))

    def enough(self, minutes: float | None) -> bool:
        """Whether FEWEST_STEPS fit; also when it is not known."""
        steps = self.steps_in(minutes)
        return steps is None or steps >= FEWEST_STEPS


@dataclass(frozen=True)
class Planner:
    """Plans for one project on one machine.

    Parameters
    ----------
    maker : builds the networks
    machine : that trains
    all_voxels : of all training cases on the prepared grid; ``cases`` is their number
    minutes : of the training; None where steps are counted, and nothing is measured
    cache : file of measured times; None to keep none
    """

    maker: Maker
    machine: Machine
    all_voxels: float
    cases: int
    minutes: float | None
    cache: Path | None

    def voxels(self, make: MakeCandidate, shape: Sequence[int]) -> Plan:
        """Of the networks that ``make`` gives, the first of which enough steps fit the time, on patches of images of
        median ``shape``; else the last, on a CPU with the patch cut until enough fit.
        """
        plans: list[Plan] = []
        for size in SIZES:
            plans.append(self._largest(make, size, shape))
            if plans[-1].enough(self.minutes):
                return plans[-1]
        return self._in_time(make, plans[-1]) if self.machine.device.kind == "cpu" else plans[-1]

    def whole(self, candidate: Candidate, shape: Triple) -> Plan:
        """The plan for whole images of ``shape``, a multiple of the network's divisor; fewer a step, down to
        FEWEST_IMAGES, where steps would be too few.
        """
        plan = Plan(candidate, candidate.size, shape, shape, 1, self._cost(candidate, shape))
        most = propose_images(shape, self.cases, self.machine.device.kind, self._fits(plan))
        plan = self._priced(plan, most)
        while not plan.enough(self.minutes) and plan.batch_size >= 2 * FEWEST_IMAGES:
            half = plan.batch_size // 2
            plan = replace(plan, batch_size=half, seconds=(plan.seconds or 0) * half / plan.batch_size)
        return plan if plan.batch_size == most else self._priced(plan, plan.batch_size)

    def _largest(self, make: MakeCandidate, size: Size, shape: Sequence[int]) -> Plan:
        """The plan with a network of one size, as large as the limit of voxels and the memory allow.

        The network is made anew for each smaller patch, as in nnU-Net: one of fewer voxels has no use for as many
        stages.
        """
        largest = PATCH_VOXELS.get(self.machine.device.kind, PATCH_VOXELS["cpu"])[self.maker.dims]
        whole = make(size, shape)
        covering = _with_context(propose_patch(shape, whole.settings.divisor, 1 << 62), whole.settings.divisor)
        limited = propose_patch(shape, [min(n, CUT) for n in shape], largest)
        candidate = whole if math.prod(covering) <= largest else make(size, limited)
        divisor = candidate.settings.divisor
        patch = covering if candidate is whole else _with_context(propose_patch(limited, divisor, largest), divisor)
        plan = Plan(candidate, SIZES[0], patch, covering, 1, self._cost(candidate, patch), limited=patch != covering)
        while plan.cost.step_bytes(SMALLEST_BATCH) > self.machine.budget:
            smaller = self._smaller(make, plan)
            if smaller is None:
                break
            plan = replace(smaller, memory_cut=True)
        return self._priced(plan, self._batch(plan))

    def _smaller(self, make: MakeCandidate, plan: Plan) -> Plan | None:
        """The plan with the longest side cut once and a network made for it; None when there is nothing to cut."""
        patch = cut(plan.patch, plan.candidate.settings.divisor)
        if patch is None:
            return None
        candidate = make(plan.candidate.size, patch)
        if patch == candidate.settings.divisor:
            return None
        return replace(plan, candidate=candidate, patch=patch, cost=self._cost(candidate, patch))

    def _in_time(self, make: MakeCandidate, plan: Plan) -> Plan:
        """The plan with the patch cut until enough steps fit the time, as far as a patch may be cut."""
        small, least = plan, SMALLEST_PATCH[self.maker.dims]
        while not small.enough(self.minutes):
            smaller = self._smaller(make, small)
            if smaller is None or math.prod(smaller.patch) < least:
                break
            work = smaller.cost.multiply_adds / small.cost.multiply_adds
            small = replace(smaller, seconds=(small.seconds or 0.0) * work, time_cut=True)
        if small is plan:
            return plan
        return self._priced(small, min(plan.batch_size, self._batch(small)))

    def _batch(self, plan: Plan) -> int:
        return propose_batch(plan.patch, self.all_voxels, self.machine.device.kind, self._fits(plan))

    def _fits(self, plan: Plan) -> Callable[[int], bool]:
        """Whether a step of so many patches fits the memory."""
        return lambda count: plan.cost.step_bytes(count) <= self.machine.budget

    def _priced(self, plan: Plan, batch: int) -> Plan:
        """The plan with its batch, whether that fits and, where minutes are given, its measured time."""
        seconds = None
        if self.minutes is not None:
            settings, first = plan.candidate.settings, 3 - self.maker.dims
            seconds = step_seconds(
                lambda: self.maker.build(settings),
                self.maker.channels,
                plan.patch[first:],
                batch,
                plan.cost.multiply_adds,
                settings.divisor[first:],
                self.machine,
                self.cache,
            )
        return replace(
            plan,
            batch_size=batch,
            seconds=None if seconds is None else seconds * OVERHEAD,
            fits=self._fits(plan)(batch),
        )

    def _cost(self, candidate: Candidate, patch: Triple) -> Cost:
        return self.maker.cost(candidate.settings, patch)


def _with_context(patch: Triple, divisor: Sequence[int]) -> Triple:
    """A patch of which the coarsest feature maps keep more than one voxel, since one has no deviation to normalize."""
    return patch if tuple(patch) != tuple(divisor) else (patch[0], patch[1], patch[2] * 2)
