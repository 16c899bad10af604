"""How much memory a training may still take here, whatever sets the limit."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")
STATUS = Path("/proc/self/status")
CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60
"""Limits above are none; version 1 of cgroups writes a number near 2⁶³ for "no limit"."""


def available_memory(device: torch.device) -> int | None:
    """Bytes that can still be taken on ``device``; None where nothing tells (such as CPUs under macOS and Windows).

    On CPUs the smallest of what the system has available, what the control groups of this process allow (containers,
    SLURM) and what its own limit on address space leaves (``ulimit -v``).
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + unused)
    if device.type != "cpu":
        return None
    known = [n for n in (_of_system(), *_of_cgroups(), _of_address_space()) if n is not None]
    return max(0, min(known)) if known else None


def _of_system() -> int | None:
    return _kilobytes(MEMINFO, "MemAvailable")


def _of_address_space() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _kilobytes(STATUS, "VmSize")
    return None if limit == resource.RLIM_INFINITY or used is None else limit - used


def _of_cgroups() -> list[int | None]:
    """What each control group above this process leaves; page cache of files counts as free, as the kernel drops it."""
    found: list[int | None] = []
    for line in _text(CGROUP).splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers == "":
            root, most, now, cache = CGROUPS, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            root = CGROUPS / "memory"
            most, now, cache = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        folder = root / place.lstrip("/")
        for group in (folder, *folder.parents):
            limit, used = _number(group / most), _number(group / now)
            if limit is not None and used is not None and limit < UNLIMITED:
                found.append(limit - used + (_statistic(group / "memory.stat", cache) or 0))
            if group == root:
                break
    return found


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _statistic(path: Path, name: str) -> int | None:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdigit():
            return int(value)
    return None


def _kilobytes(path: Path, name: str) -> int | None:
    for line in _text(path).splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
