"""One training over several processes, on one computer or many, as ``torchrun`` starts them.

Every process draws its share of the samples of each step, and all keep the same weights. The losses and weights are
those of one process that draws the whole batch, up to rounding; so a recipe says the same whatever it runs on.

Gradients are summed by one all-reduce of them all rather than by DistributedDataParallel: names of weights stay what
they are, parts of a batch and weights that take no part need no care, and uneven shares are weighed rightly. What is
given up is the overlap of sending with the backward pass.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from medopt.errors import MedOptError

TIMEOUT_S = 600.0
"""Longest wait for another process: longer than the longest validation of one of them."""
FAILED = "medopt/failed"
"""Key under which a process that fails leaves its reason to the others."""


@dataclass(frozen=True)
class World:
    """The processes of a training; alone when ``size`` is 1, where every method does nothing and costs nothing.

    Parameters
    ----------
    rank : number of this process among all, from 0
    size : processes in all
    local : number of this process on its computer, which is also that of its GPU
    timeout : seconds that the others are waited for
    """

    rank: int = 0
    size: int = 1
    local: int = 0
    timeout: float = TIMEOUT_S
    store: dist.Store | None = None

    @property
    def writes(self) -> bool:
        """Whether this process writes files and tells events; one does."""
        return self.rank == 0

    # ---- samples and loss --------------------------------------------------------------------------------------

    def share(self, numbers: Sequence[int]) -> Sequence[int]:
        """This process's part of the sample numbers of a step, contiguous; in order of rank the parts are ``numbers``.

        Raises MedOptError when there are fewer numbers than processes.
        """
        if len(numbers) < self.size:
            raise MedOptError(
                "the batch is smaller than the number of processes",
                where="training.batch_size",
                expected=f"at least {self.size}",
                found=str(len(numbers)),
            )
        return numbers[len(numbers) * self.rank // self.size : len(numbers) * (self.rank + 1) // self.size]

    def weight(self, mine: int, batch: int) -> float:
        """What this process's loss, over its ``mine`` samples of ``batch``, is multiplied by before the backward pass.

        Then the sum of all gradients is that of the whole batch.
        """
        return mine / batch if self.size > 1 else 1.0

    def total(self, tensor: Tensor) -> Tensor:
        """``tensor`` summed over all processes, for sums over the batch inside a loss; differentiable.

        With it a loss such as soft Dice over the batch is that of the whole batch in every process. All processes must
        call it in the same order with the same shapes.
        """
        return _Total.apply(tensor, self) if self.size > 1 else tensor

    def mean(self, value: Tensor, weight: float) -> Tensor:
        """The loss of the whole batch from each process's, ``weight`` as above; detached."""
        if self.size == 1:
            return value.detach()
        result = value.detach() * weight
        self._reduce(result)
        return result

    # ---- weights -----------------------------------------------------------------------------------------------

    def sum_gradients(self, network: nn.Module) -> None:
        """Replace each gradient by the sum over all processes; one that no process has stays None."""
        if self.size == 1:
            return
        parameters = [p for p in network.parameters() if p.requires_grad]
        if not parameters:
            return
        present = torch.tensor([float(p.grad is not None) for p in parameters], device=parameters[0].device)
        pieces = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten().float() for p in parameters]
        buffer = torch.cat([present, *pieces])
        self._reduce(buffer)
        places = buffer[len(parameters) :].split([p.numel() for p in parameters])
        known = buffer[: len(parameters)].tolist()
        for parameter, summed, processes in zip(parameters, places, known, strict=True):
            parameter.grad = summed.view_as(parameter).to(parameter.dtype) if processes else None

    def spread(self, network: nn.Module) -> None:
        """Give every process the weights and counters of the first."""
        if self.size == 1:
            return
        with self._told(), torch.no_grad():
            for tensor in network.state_dict().values():
                dist.broadcast(tensor, 0)

    def prepared(self, network: nn.Module) -> nn.Module:
        """The network with batch norms that see the whole batch, where there are such: on GPUs. On CPUs torch has
        none, and batch norm sees the samples of its own process.
        """
        on_gpu = any(p.is_cuda for p in network.parameters())
        return nn.SyncBatchNorm.convert_sync_batchnorm(network) if self.size > 1 and on_gpu else network

    # ---- what must be agreed -----------------------------------------------------------------------------------

    def decide(self, stop: bool, seconds: float) -> tuple[bool, float]:
        """Whether any process was asked to stop, and the seconds by the first one's clock; the same in all."""
        if self.size == 1:
            return stop, seconds
        asked, first = zip(*self.gather((bool(stop), float(seconds))), strict=True)
        return any(asked), first[0]

    def agree(self, value: Any) -> Any:
        """The first process's ``value``, which JSON can hold, in all: a device, a measured engine, a plan."""
        return self.gather(value)[0] if self.size > 1 else value

    def gather(self, value: Any) -> list[Any]:
        """Every process's ``value``, which JSON can hold, in order of rank: scores of validation cases."""
        if self.size == 1:
            return [value]
        device = _device()
        sent = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8).to(device)
        length = torch.tensor([len(sent)], device=device)
        lengths = [torch.zeros_like(length) for _ in range(self.size)]
        with self._told():
            dist.all_gather(lengths, length)
            longest = max(int(n) for n in lengths)
            padded = torch.zeros(longest, dtype=torch.uint8, device=device)
            padded[: len(sent)] = sent
            received = [torch.zeros_like(padded) for _ in range(self.size)]
            dist.all_gather(received, padded)
        texts = [bytes(r[: int(n)].cpu().tolist()) for r, n in zip(received, lengths, strict=True)]
        return [json.loads(text) for text in texts]

    def wait(self) -> None:
        """Go on when all processes have come here."""
        self.gather(None)

    # ---- ground --------------------------------------------------------------------------------------------------

    def _reduce(self, tensor: Tensor) -> None:
        with self._told():
            dist.all_reduce(tensor)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what torch raises when another process is gone into an error that says so."""
        try:
            yield
        except RuntimeError as error:
            late = "timed out" in str(error).lower() or "timeout" in str(error).lower()
            reason = self._reason()
            problem = f"gave no answer for {self.timeout:g} s" if late and reason is None else "ended"
            raise MedOptError(
                f"another process of this training {problem}",
                where=f"process {self.rank + 1} of {self.size}",
                found=reason,
                remedy="Look at the output of the others. The same command goes on from the last checkpoint",
            ) from error

    def _reason(self) -> str | None:
        """What a process that failed left behind, else None."""
        with suppress(RuntimeError):  # the store may be gone with the process that kept it
            if self.store is not None and self.store.check([FAILED]):
                return self.store.get(FAILED).decode()
        return None


def launched() -> bool:
    """Whether this process is one of several that ``torchrun`` (or a script that sets its variables) started."""
    return int(os.environ.get("WORLD_SIZE") or 1) > 1 and "RANK" in os.environ


@contextmanager
def joined(device: torch.device, *, timeout: float = TIMEOUT_S) -> Iterator[World]:
    """The other processes of this training, while the block lasts; alone when it was not ``launched``.

    They meet through the variables RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT, and speak NCCL between
    GPUs, gloo between CPUs. An error here reaches the others with its reason; if a process is killed, the others raise
    a MedOptError at their next exchange, at the latest after ``timeout`` seconds. Raises MedOptError when they do not
    meet in time.
    """
    if not launched():
        yield World()
        return
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    wait = timedelta(seconds=timeout)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        base, rank, size = next(rendezvous("env://", rank, size, timeout=wait))
        store = dist.PrefixStore("medopt", base)
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=wait)
    except (RuntimeError, ValueError) as error:
        address = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
        raise MedOptError(
            "the processes of this training do not find each other",
            where=f"process {rank + 1} of {size}",
            expected=f"all at {address} within {timeout:g} s",
            found=str(error).splitlines()[0],
            remedy="Check that all were started, and that the network lets them through",
        ) from error
    store.set_timeout(timedelta(seconds=5))
    world = World(rank, size, int(os.environ.get("LOCAL_RANK") or 0), timeout, store)
    try:
        yield world
    except BaseException as error:
        with suppress(RuntimeError):
            if world._reason() is None:
                store.set(FAILED, f"process {rank + 1}: {str(error) or type(error).__name__}")
        raise  # the group is left as it is: to take it down would wait for processes that are gone
    dist.destroy_process_group()


class _Total(torch.autograd.Function):
    """Sum over the processes, forth and back: the slope of each process's weighted loss reaches every summand."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, world: World) -> Tensor:
        ctx.world = world
        result = tensor.detach().clone(memory_format=torch.contiguous_format)
        world._reduce(result)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        result = gradients[0].clone(memory_format=torch.contiguous_format)
        ctx.world._reduce(result)
        return result, None


def _device() -> torch.device:
    """Where tensors of the group must lie."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
