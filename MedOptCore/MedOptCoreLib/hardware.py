"""What this computer can compute with, told without loading torch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import lru_cache

from MedOptCoreLib.i18n import _

QUERY_SECONDS = 5
"""A driver that does not answer within this time is taken for absent."""


def cpuThreads() -> int:
    """CPU threads that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def gpuNames() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that the driver lists; empty without driver. Asked once a process."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        answer = subprocess.run(
            [program, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=QUERY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if answer.returncode != 0:
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())


def deviceText() -> str:
    """One phrase for the line of state, such as "CPU, 2 threads (no CUDA device found)"."""
    gpus = gpuNames()
    if gpus:
        return _("{gpu}, {n} CPU threads").format(
            gpu=gpus[0] if len(gpus) == 1 else f"{len(gpus)} × {gpus[0]}", n=cpuThreads()
        )
    if platform.system() == "Darwin":
        return _("CPU, {n} threads").format(n=cpuThreads())
    return _("CPU, {n} threads (no CUDA device found)").format(n=cpuThreads())
