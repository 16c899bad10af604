"""What this machine has left: cores and memory, as far as this process may use them."""

from __future__ import annotations

import os
from pathlib import Path

CONTROL_GROUP = Path("/sys/fs/cgroup")
MEMORY_FACTS = Path("/proc/meminfo")


def cores() -> int:
    """Cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def threads_each(workers: int, available: int | None = None) -> int:
    """Threads of each of ``workers`` processes that share the cores, at least 1."""
    return max(1, (available or cores()) // max(1, workers))


def available_memory() -> int | None:
    """Bytes that can be used without swapping, within the limit of a container; None where it cannot be told."""
    found = [number for number in (_free(), _left_in_group()) if number is not None]
    return min(found) if found else None


def _free() -> int | None:
    try:
        lines = MEMORY_FACTS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    words = facts.get("MemAvailable", "").split()
    return int(words[0]) * 1024 if words and words[0].isdigit() else None


def _left_in_group() -> int | None:
    try:
        limit, used = ((CONTROL_GROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        statistics = dict(line.split() for line in (CONTROL_GROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    if not limit.isdigit() or not used.isdigit():
        return None
    return max(0, int(limit) - int(used) + int(statistics.get("inactive_file", "0")))
