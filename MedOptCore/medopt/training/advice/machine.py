"""What the machine that will train can hold."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

from medopt.training.available_memory import available_memory
from medopt.training.device import DeviceChoice, choose_device

SHARE_OF_MEMORY = {"cpu": 0.5, "cuda": 0.8, "mps": 0.5}
"""Share of a device's memory that a training step may take; the CPU's also holds Slicer, the data and the system."""
UNKNOWN_MEMORY = 8 << 30
"""Bytes assumed where the system does not tell."""
GROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux keeps the limit of a container or a batch job."""


@dataclass(frozen=True)
class Machine:
    """The device that a training would use.

    Parameters
    ----------
    device : as ``choose_device`` found it
    memory : bytes of it in all, or up to the limit of a container
    free : bytes that can be taken now; None where nothing tells
    """

    device: DeviceChoice
    memory: int
    free: int | None = None

    @property
    def budget(self) -> int:
        """Bytes that a training step may take."""
        return int(self.memory * SHARE_OF_MEMORY.get(self.device.kind, 0.5))

    @property
    def key(self) -> str:
        """What measured times hold for."""
        return f"{self.device.kind}, {self.device.name}, {self.device.threads} threads"


def this_machine(device: DeviceChoice | str | None = None) -> Machine:
    """The machine and the device that training would choose on it; ``device`` names one, as in ``choose_device``."""
    chosen = device if isinstance(device, DeviceChoice) else choose_device(device)
    memory = getattr(chosen, "memory", None) if chosen.kind == "cuda" else _main_memory()
    try:
        free = available_memory(chosen.torch)
    except (RuntimeError, AssertionError):  # a device that is named but not there
        free = None
    return Machine(chosen, memory or UNKNOWN_MEMORY, free)


def _main_memory() -> int | None:
    """Bytes of main memory, or the limit of a container; None where the system does not tell."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return _windows_memory()
    for path in GROUP_LIMITS:
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            found = min(found, int(text))
    return found


def _windows_memory() -> int | None:
    """Bytes by Windows' own GlobalMemoryStatusEx; None elsewhere."""
    kernel = getattr(ctypes, "windll", None)
    if kernel is None:
        return None
    told = _MemoryStatus(dwLength=ctypes.sizeof(_MemoryStatus))
    return int(told.ullTotalPhys) if kernel.kernel32.GlobalMemoryStatusEx(ctypes.byref(told)) else None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = [
        ("dwLength", ctypes.c_ulong),
        ("dwMemoryLoad", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in ("ullTotalPhys", "ullAvailPhys", "ullTotalPageFile")),
        *((name, ctypes.c_ulonglong) for name in ("ullAvailPageFile", "ullTotalVirtual", "ullAvailVirtual")),
        ("ullAvailExtendedVirtual", ctypes.c_ulonglong),
    ]
