"""The reasons of network, patch and batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from medopt.training.advice.machine import Machine
from medopt.training.advice.patch import PATCH_VOXELS, SHARE_OF_DATA, STEP_VOXELS
from medopt.training.advice.plan import FEWEST_STEPS, Plan
from medopt.training.advice.records import Caution, Figure, Reason


def plan_reasons(
    plan: Plan, shape: Sequence[int], machine: Machine, minutes: float | None, *, whole: bool
) -> list[Reason]:
    """Reasons for every value that the plan gives; ``shape`` is the median image (k, j, i) on the prepared grid,
    ``whole`` tells that patches are whole images.
    """
    cost: dict[str, Figure] = {
        "parameters": plan.cost.parameters,
        "multiply_adds_a_patch": plan.cost.multiply_adds,
        "step_mib": round(plan.cost.step_bytes(plan.batch_size) / 2**20),
    }
    return [
        *plan.candidate.reasons,
        _size(plan, machine, minutes, cost),
        _strides(plan),
        _patch(plan, shape, machine, minutes, whole=whole),
        _batch(plan, machine, whole=whole),
    ]


def plan_cautions(plan: Plan, machine: Machine, minutes: float | None) -> list[Caution]:
    """What the memory or the time does not allow."""
    found = []
    need, budget = plan.cost.step_bytes(plan.batch_size), machine.budget
    if not plan.fits:
        text = f"Even the smallest step takes about {_gib(need)}, more than the {_gib(budget)} that it may take here"
        figures: dict[str, Figure] = {"step_gib": round(need / 2**30, 2), "budget_gib": round(budget / 2**30, 2)}
        found.append(Caution(text, figures, "caution.memory"))
    elif machine.free is not None and need > machine.free:
        text = f"A step takes about {_gib(need)}, and {_gib(machine.free)} are free now: batches would be cut in parts"
        figures = {"step_gib": round(need / 2**30, 2), "free_gib": round(machine.free / 2**30, 2)}
        found.append(Caution(text, figures, "caution.memory_now"))
    steps = plan.steps_in(minutes)
    if steps is not None and minutes is not None and plan.seconds is not None and steps < FEWEST_STEPS:
        enough = math.ceil(FEWEST_STEPS * plan.seconds / 60)
        text = (
            f"About {steps} steps fit {minutes:g} minutes and teach little: {FEWEST_STEPS} would take {enough} minutes"
        )
        figures = {"steps": steps, "minutes_for_enough": enough}
        found.append(Caution(text, figures, "caution.few_steps"))
    return found


def _size(plan: Plan, machine: Machine, minutes: float | None, cost: dict[str, Figure]) -> Reason:
    field, value = plan.candidate.size_field
    figures = {"size": plan.candidate.size, **cost}
    steps = plan.steps_in(minutes)
    if steps is not None:
        figures["steps"] = steps
    if plan.candidate.size != plan.first:
        instead = f"Size {plan.candidate.size} instead of {plan.first}"
        why = f"{instead}: with it about {steps} steps fit {minutes:g} minutes."
        return Reason(field, value, why, figures, "network.time")
    device = "a CPU" if machine.device.kind == "cpu" else "a GPU"
    why = f"Size {plan.candidate.size}, the one for {device}: {plan.cost.parameters / 1e6:.2g} million parameters."
    return Reason(field, value, why, figures, "network.size")


def _strides(plan: Plan) -> Reason:
    strides = [list(stride) for stride in plan.candidate.settings.strides]
    why = "An axis is halved while its voxels are finer than twice the finest axis and 8 of them are left of the patch."
    return Reason("network.strides", strides, why, {"patch": _by(plan.patch)}, "strides.isotropic")


def _patch(plan: Plan, shape: Sequence[int], machine: Machine, minutes: float | None, *, whole: bool) -> Reason:
    dims = 2 if shape[0] == 1 else 3
    divisor = plan.candidate.settings.divisor
    figures: dict[str, Figure] = {
        "median_shape": _by(shape),
        "multiple_of": _by(divisor),
        "share_of_median": round(min(1.0, math.prod(plan.patch) / math.prod(shape)), 3),
    }
    value = list(plan.patch)
    if whole:
        return Reason("training.patch", value, "The whole image.", figures, "patch.cover")
    if plan.time_cut:
        steps = plan.steps_in(minutes)
        why = f"Cut from {_by(plan.covering)} so that about {steps} steps fit {minutes:g} minutes on this CPU."
        return Reason("training.patch", value, why, figures, "patch.time")
    if plan.memory_cut:
        figures["budget_mib"] = round(machine.budget / 2**20)
        why = f"Cut from {_by(plan.covering)} until a step of two fits {_gib(machine.budget)} of memory."
        return Reason("training.patch", value, why, figures, "patch.memory")
    if plan.limited:
        limit = PATCH_VOXELS.get(machine.device.kind, PATCH_VOXELS["cpu"])[dims]
        figures["limit_voxels"] = limit
        why = f"The median image has {_by(shape)} voxels; its longest sides are cut to {limit:,} voxels.".replace(
            ",", " "
        )
        return Reason("training.patch", value, why, figures, "patch.limit")
    why = (
        f"The median image of {_by(shape)} voxels, rounded up to multiples of {_by(divisor)}, which the network halves."
    )
    return Reason("training.patch", value, why, figures, "patch.cover")


def _batch(plan: Plan, machine: Machine, *, whole: bool) -> Reason:
    need = plan.cost.step_bytes(plan.batch_size)
    figures: dict[str, Figure] = {
        "voxels_a_step": plan.batch_size * math.prod(plan.patch),
        "voxels_wanted": STEP_VOXELS.get(machine.device.kind, STEP_VOXELS["cpu"]),
        "share_of_data": SHARE_OF_DATA,
        "step_mib": round(need / 2**20),
        "budget_mib": round(machine.budget / 2**20),
    }
    why = f"A step takes about {_gib(need)} of the {_gib(machine.budget)} that it may take here."
    return Reason("training.batch_size", plan.batch_size, why, figures, "batch.images" if whole else "batch.step")


def _by(shape: Sequence[int]) -> str:
    return " × ".join(str(int(n)) for n in shape)


def _gib(count: int) -> str:
    return f"{count / 2**30:.2g} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
