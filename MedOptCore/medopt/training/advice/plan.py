"""Network, patch and batch together: what fits the memory, and what learns enough in the time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from medopt.networks import AnyNetwork
from medopt.training.advice.cost import Cost, cost_of
from medopt.training.advice.machine import Machine
from medopt.training.advice.networks import Candidate
from medopt.training.advice.patch import PATCH_VOXELS, SMALLEST_BATCH, Triple, cut, propose_batch, propose_patch
from medopt.training.advice.speed import step_seconds

FEWEST_STEPS = 250
"""Steps below which a network learns little: fewer make the network, then the patch, smaller."""
OVERHEAD = 1.3
"""A whole step beside its forward and backward pass: batches, loss, optimiser, moving average, checkpoints."""
SMALLEST_PATCH = {2: 64 * 64, 3: 32 * 32 * 32}
"""Voxels below which a patch is not cut to save time."""

Build = Callable[[AnyNetwork, Triple], nn.Module]


@dataclass(frozen=True)
class Plan:
    """What will be trained.

    Parameters
    ----------
    candidate : the network; ``first`` is the one that would have been taken with time enough
    patch, batch_size : patches (k, j, i) of a step
    covering : the patch that covers the median image
    limited, memory_cut, time_cut : whether the limit of voxels, the memory or the time made the patch smaller
    cost : of the network on one patch
    seconds : of a whole training step; None when it was not measured
    fits : whether a step fits the memory
    """

    candidate: Candidate
    first: Candidate
    patch: Triple
    covering: Triple
    batch_size: int
    limited: bool
    memory_cut: bool
    time_cut: bool
    cost: Cost
    seconds: float | None
    fits: bool

    def steps_in(self, minutes: float | None) -> int | None:
        """Steps that fit ``minutes``; None where that is not known."""
        if minutes is None or self.seconds is None:
            return None
        return max(1, int(minutes * 60 / self.seconds))


def make_plan(
    build: Build,
    networks: Sequence[Candidate],
    shape: Sequence[int],
    all_voxels: float,
    channels: int,
    machine: Machine,
    *,
    minutes: float | None,
    cache: Path | None,
    whole: bool = False,
) -> Plan:
    """Choose among ``networks`` (the first choice first), with a patch for images of median ``shape`` (k, j, i).

    ``all_voxels`` are those of all training cases on the prepared grid. ``minutes`` is None where steps are counted;
    then nothing is measured. With ``whole`` the patch is ``shape`` itself, whatever it costs. The network that
    ``build`` gives must be the one that trains.
    """
    if not networks:
        raise ValueError("no network to choose from")
    work = _Work(build, channels, 2 if shape[0] == 1 else 3, all_voxels, machine, minutes, cache)
    plans = []
    for candidate in networks:
        plans.append(work.plan(candidate, networks[0], shape, whole=whole))
        if _enough(plans[-1], minutes):
            return plans[-1]
    return plans[-1] if whole else work.in_time(plans[-1])


def _enough(plan: Plan, minutes: float | None) -> bool:
    steps = plan.steps_in(minutes)
    return steps is None or steps >= FEWEST_STEPS


@dataclass(frozen=True)
class _Work:
    """What all candidates share; see ``make_plan``."""

    build: Build
    channels: int
    dims: int
    all_voxels: float
    machine: Machine
    minutes: float | None
    cache: Path | None

    def plan(self, candidate: Candidate, first: Candidate, shape: Sequence[int], *, whole: bool) -> Plan:
        """The plan with one network, as large as the limit of voxels and the memory allow."""
        divisor = candidate.settings.divisor
        largest = PATCH_VOXELS.get(self.machine.device.kind, PATCH_VOXELS["cpu"])[self.dims]
        covering = _with_context(propose_patch(shape, divisor, 1 << 62), divisor)
        patch = covering if whole else _with_context(propose_patch(shape, divisor, largest), divisor)
        limited = patch != covering
        cost = self._cost(candidate, patch)
        memory_cut = False
        while not whole and cost.step_bytes(SMALLEST_BATCH) > self.machine.budget:
            smaller = cut(patch, divisor)
            if smaller is None or smaller == divisor:
                break
            patch, memory_cut = smaller, True
            cost = self._cost(candidate, patch)
        return self._priced(
            Plan(candidate, first, patch, covering, 1, limited, memory_cut, False, cost, None, True), cost
        )

    def in_time(self, plan: Plan) -> Plan:
        """The plan with the patch cut until enough steps fit the time, as far as a patch may be cut."""
        divisor = plan.candidate.settings.divisor
        while not _enough(plan, self.minutes) and math.prod(plan.patch) > SMALLEST_PATCH[self.dims]:
            smaller = cut(plan.patch, divisor)
            if smaller is None or smaller == divisor or math.prod(smaller) < SMALLEST_PATCH[self.dims]:
                break
            seconds = (plan.seconds or 0) * math.prod(smaller) / math.prod(plan.patch)
            plan = replace(plan, patch=smaller, seconds=seconds, time_cut=True)
        if not plan.time_cut:
            return plan
        cost = self._cost(plan.candidate, plan.patch)
        return self._priced(replace(plan, batch_size=plan.batch_size), cost)

    def _priced(self, plan: Plan, cost: Cost) -> Plan:
        """The plan with its batch, its memory and, where minutes are given, its measured time."""
        budget, kind = self.machine.budget, self.machine.device.kind
        batch = propose_batch(plan.patch, self.all_voxels, kind, lambda n: cost.step_bytes(n) <= budget)
        if plan.time_cut:
            batch = min(batch, plan.batch_size)
        seconds = None
        if self.minutes is not None:
            seconds = step_seconds(
                lambda: self.build(plan.candidate.settings, plan.patch),
                self.channels,
                plan.patch[3 - self.dims :],
                batch,
                cost.multiply_adds,
                plan.candidate.settings.divisor[3 - self.dims :],
                self.machine,
                self.cache,
            )
        return replace(
            plan,
            batch_size=batch,
            cost=cost,
            seconds=None if seconds is None else seconds * OVERHEAD,
            fits=cost.step_bytes(batch) <= budget,
        )

    def _cost(self, candidate: Candidate, patch: Triple) -> Cost:
        return cost_of(lambda: self.build(candidate.settings, patch), self.channels, patch[3 - self.dims :])


def _with_context(patch: Triple, divisor: Sequence[int]) -> Triple:
    """A patch of which the coarsest feature maps keep more than one voxel, since one has no deviation to normalize."""
    if tuple(patch) != tuple(divisor):
        return patch
    return patch[0], patch[1], patch[2] * 2
