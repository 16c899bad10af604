"""The same bits each time: what is set for it, and what cannot be promised."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch

from medopt.events import Reporter, Silence

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
"""Without it cuBLAS may add up in another order in each run (NVIDIA, cuBLAS documentation, results reproducibility)."""
WORKSPACES = (":4096:8", ":16:8")
"""The values that give the same bits each time."""
NO_SUCH = "does not have a deterministic implementation"
"""How torch's warning names an operation that has no deterministic form."""


@dataclass
class Determinism:
    """A training's promise to repeat.

    Parameters
    ----------
    on : whether only deterministic operations are asked for
    limits : what is not promised, each a sentence
    """

    on: bool
    limits: list[str] = field(default_factory=list)


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, numpy and torch, GPUs included. MedOpt's own draws do not use them: they
    are pure functions of the recipe's seed and the number of the sample. Weights and dropout come from torch's.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


@contextmanager
def deterministic(
    on: bool, device: torch.device, *, minutes: bool = False, reporter: Reporter | None = None
) -> Iterator[Determinism]:
    """While this lasts torch computes the same bits each time, where it can; everything is put back afterwards.

    An operation without such a form runs as it is and is named once in a warning and in ``limits``; so a training never
    fails for it. Without ``on`` nothing is changed and the fastest algorithms are chosen.

    Parameters
    ----------
    device : CUDA's own workspace must be set before the first computation there
    minutes : whether the training ends by the clock, so that its number of steps differs from run to run
    """
    if not on:
        yield Determinism(False)
        return
    told = reporter or Silence()
    promise = Determinism(True, _limits(device, minutes))
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.benchmark,
        torch.backends.cudnn.deterministic,
        os.environ.get(WORKSPACE),
    )
    for limit in promise.limits:
        told.emit("message", level="info", text=f"Deterministic mode: {limit}")
    if os.environ.get(WORKSPACE) not in WORKSPACES:
        os.environ[WORKSPACE] = WORKSPACES[0]
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = False, True
    earlier = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
        if NO_SUCH not in str(message):
            earlier(message, category, *place, **more)  # type: ignore[arg-type]
            return
        limit = f"{str(message).split(NO_SUCH)[0].strip()} has no form that repeats to the bit on this device"
        if limit not in promise.limits:
            promise.limits.append(limit)
            told.emit("message", level="warning", text=f"Deterministic mode: {limit}")

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("always", message=f".*{NO_SUCH}.*")
            warnings.showwarning = show
            yield promise
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = before[2], before[3]
        if before[4] is None:
            os.environ.pop(WORKSPACE, None)
        else:
            os.environ[WORKSPACE] = before[4]


def _limits(device: torch.device, minutes: bool) -> list[str]:
    threads = torch.get_num_threads()
    found = [
        f"the bits are those of torch {torch.__version__} on this kind of processor with {threads} thread"
        f"{'' if threads == 1 else 's'}; another version, processor or number of threads rounds differently"
    ]
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device) if torch.cuda.is_available() else "this GPU"
        found.append(f"another GPU than {name}, driver or cuDNN rounds differently")
        if torch.cuda.is_initialized() and os.environ.get(WORKSPACE) not in WORKSPACES:
            found.append(f"CUDA was in use already; set {WORKSPACE}={WORKSPACES[0]} before the command to be sure")
    if minutes:
        found.append(
            "it ends by the clock, so the number of steps differs from run to run; give training.steps instead"
        )
    return found
