"""Trainings that fit: how much memory a step needs, and what is made smaller when there is not enough.

First the batch goes through the network in parts whose gradients are added up, which changes nothing where the loss is
a mean over samples; then, at one sample a part, the patch shrinks. On a GPU an error says that memory is short. On a
CPU under Linux the kernel kills the process instead, so there the need is estimated before the first step.
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.training.available_memory import available_memory
from medopt.training.running_settings import Precision

T = TypeVar("T")
Patch = tuple[int, int, int]

SHARE = 0.8
"""Share of the available memory that a step may take; the rest is for validation, batches ahead and other programs."""
OVERHEAD = {"float32": 2.0, "bfloat16": 1.4, "float16": 1.4}
"""Peak of a step over what it keeps for the backward pass in float32. Measured on CPUs with plain and residual U-Nets,
instance and batch norms, 48³ to 80³ voxels: 1.4 to 1.92 in float32, 1.1 to 1.26 in bfloat16."""
SCRATCH = 128 << 20
"""Bytes beside: scratch of convolutions, and blocks of some megabytes that the allocator keeps when they are free."""
COPIES = 7
"""Times that the weights lie in memory: themselves, gradients, two moments of AdamW, moving average, and the copies of
validation and checkpoints."""


@dataclass(frozen=True)
class MemoryPlan:
    """How a step is cut to fit into memory.

    Parameters
    ----------
    batch : samples of one optimiser step
    micro : samples that go through the network at once, at most ``batch``
    patch : voxels along (k, j, i); k = 1 in 2D
    """

    batch: int
    micro: int
    patch: Patch

    @property
    def parts(self) -> int:
        """Into how many parts the batch is cut."""
        return -(-self.batch // self.micro)

    @classmethod
    def whole(cls, batch: int, patch: Sequence[int], parts: int = 1) -> MemoryPlan:
        """The plan of a recipe: the batch in so many parts, at least one sample each."""
        k, j, i = patch
        return cls(batch, max(1, -(-batch // parts)), (k, j, i))

    def sentence(self, before: MemoryPlan) -> str:
        """What became smaller, for the user."""
        if self.patch != before.patch:
            old, new = ("×".join(map(str, p)) for p in (before.patch, self.patch))
            return (
                f"Memory is short: patches shrink from {old} to {new} voxels, one at a time through the network. "
                "The network sees less of the surroundings"
            )
        return (
            f"Memory is short: the {self.batch} patches of a step go through the network in {self.parts} parts, "
            f"at most {self.micro} at once; the step is the same, but takes longer"
        )


def smaller(plan: MemoryPlan, divisor: Sequence[int], smallest: Sequence[int] | None = None) -> MemoryPlan:
    """The next plan that needs less memory: half the samples at once; at one sample a patch that is shorter along its
    longest side by the network's ``divisor``.

    ``smallest`` is the smallest patch that the network takes, ``divisor`` by default. Raises MedOptError when nothing
    can become smaller.
    """
    if plan.micro > 1:
        return replace(plan, micro=plan.micro // 2)
    least = smallest or divisor
    for axis in sorted(range(3), key=lambda a: -plan.patch[a]):
        side = (plan.patch[axis] - 1) // divisor[axis] * divisor[axis]  # the next multiple below
        if side >= max(least[axis], divisor[axis]):
            k, j, i = (side if a == axis else n for a, n in enumerate(plan.patch))
            return replace(plan, patch=(k, j, i))
    raise MedOptError(
        "the training does not fit into memory",
        where="network",
        expected="a network that can take one patch of its smallest size",
        found=f"no memory for {'×'.join(map(str, plan.patch))} voxels",
        remedy="End other programs, choose a smaller network (network.size or network.features), or a device with more",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is short, on a GPU or on a CPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = ("not enough memory", "defaultcpuallocator", "out of memory", "cudnn_status_alloc_failed", "alloc_failed")
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)


class MemoryGuard:
    """Repeats a step with a smaller plan when memory runs out, and says so.

    Parameters
    ----------
    plan : to begin with; ``plan`` of the guard is the present one and stays small once it became so
    divisor, smallest : of the network, see ``smaller``
    """

    def __init__(
        self,
        plan: MemoryPlan,
        divisor: Sequence[int],
        smallest: Sequence[int] | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self.plan = plan
        self._divisor, self._smallest, self._reporter = divisor, smallest, reporter or Silence()

    def run(self, attempt: Callable[[MemoryPlan], T]) -> T:
        """What ``attempt`` gives for the first plan that fits.

        ``attempt`` must begin anew each time: gradients set to none, the batch cut as the plan says. Other errors pass.
        Raises MedOptError when nothing can become smaller.
        """
        while True:
            try:
                return attempt(self.plan)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # outside of the handler, since the error's frames hold the tensors of the step
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            before, self.plan = self.plan, smaller(self.plan, self._divisor, self._smallest)
            self._reporter.emit("message", level="warning", text=self.plan.sentence(before))


def accumulate(
    step: Callable[[Tensor, dict[str, Tensor]], Tensor],
    images: Tensor,
    targets: Mapping[str, Tensor],
    parts: int,
    backward: Callable[[Tensor], None] = Tensor.backward,
) -> Tensor:
    """Add the gradient of a batch to the weights' part by part; gives the loss of the batch, detached.

    Parameters
    ----------
    step : forward pass and loss of a part
    images, targets : batch first, all of them
    parts : into which the batch is cut, as evenly as can be; at most one a sample
    backward : of a scalar; with a gradient scaler ``lambda loss: scaler.scale(loss).backward()``

    Each part counts by its samples; so a loss that is a mean over samples has the gradient of the whole batch. Sums
    over the batch inside the loss do not: soft Dice over the batch becomes the mean of soft Dices over the parts (with
    parts of one sample: Dice by sample), a mean over annotated voxels weighs parts, not voxels, and batch norm sees a
    part at a time. Neither is wrong, but it is another loss; a recipe that is to repeat states ``running.accumulate``.
    """
    count, total = len(images), torch.zeros((), device=images.device)
    pieces = zip(*(tensor.tensor_split(min(parts, count)) for tensor in (images, *targets.values())), strict=True)
    for part, *rest in pieces:
        loss = step(part, dict(zip(targets, rest, strict=True)))
        weighted = loss * (len(part) / count)
        backward(weighted)
        total = total + weighted.detach()
    return total


# ---- on CPUs: before the first step ----------------------------------------------------------------------------


@dataclass(frozen=True)
class StepMemory:
    """Bytes that a step needs: ``fixed`` whatever the batch, ``sample`` for each sample that goes through at once."""

    fixed: int
    sample: int

    def total(self, micro: int) -> int:
        """With ``micro`` samples at once."""
        return self.fixed + micro * self.sample


def step_memory(network: nn.Module, channels: int, patch: Sequence[int], dims: int, precision: Precision) -> StepMemory:
    """An upper estimate of a step's memory, from what autograd keeps of a forward pass on tensors without memory.

    Raises RuntimeError or NotImplementedError when the network has an operation without such a form.
    """
    trial = copy.deepcopy(network).to("meta").train()
    weights = {parameter.untyped_storage()._cdata for parameter in trial.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage()._cdata not in weights:
            kept[tensor.untyped_storage()._cdata] = tensor  # held, so that its number is not used again
        return tensor

    # two samples, since batch norm of one value a channel is refused
    images = torch.empty(2, channels, *patch[3 - dims :], device="meta")
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = trial(images)
    bytes_kept = sum(tensor.untyped_storage().nbytes() for tensor in kept.values()) // 2
    del outputs
    return StepMemory(
        fixed=SCRATCH + COPIES * sum(p.numel() * 4 for p in trial.parameters()),
        sample=int(OVERHEAD[precision] * bytes_kept),
    )


def plan_ahead(
    plan: MemoryPlan,
    network: nn.Module,
    channels: int,
    device: torch.device,
    *,
    precision: Precision,
    divisor: Sequence[int],
    smallest: Sequence[int] | None = None,
    available: int | None = None,
    reporter: Reporter | None = None,
) -> MemoryPlan:
    """The first plan from ``plan`` on whose step fits into memory by its estimate; says so when it is a smaller one.

    ``available`` bytes stand in for those of the device. On a GPU, and where nothing tells how much memory there is,
    ``plan`` itself: there a ``MemoryGuard`` does the work. Raises MedOptError when even the smallest does not fit.
    """
    if device.type != "cpu":
        return plan
    limit = available_memory(device) if available is None else available
    if limit is None:
        return plan
    dims, now = (2 if plan.patch[0] == 1 else 3), plan
    while True:
        try:
            need = step_memory(network, channels, now.patch, dims, precision)
        except (RuntimeError, NotImplementedError):
            return plan
        while need.total(now.micro) > SHARE * limit and now.micro > 1:
            now = smaller(now, divisor, smallest)
        if need.total(now.micro) <= SHARE * limit:
            break
        now = smaller(now, divisor, smallest)
    if now != plan:
        sizes = f"a step would take about {_gib(step_memory(network, channels, plan.patch, dims, precision), plan)}"
        text = f"{now.sentence(plan)} ({sizes} of {limit / 2**30:.1f} GiB that are available)"
        (reporter or Silence()).emit("message", level="warning", text=text)
    return now


def _gib(need: StepMemory, plan: MemoryPlan) -> str:
    return f"{need.total(plan.micro) / 2**30:.1f} GiB"
