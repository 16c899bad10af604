"""Memory that is freed is kept for the next step instead of being given back and asked for again."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = (1 << 31) - 1


def keep_freed_memory() -> bool:
    """Let glibc keep what is freed, for the rest of the process; False where there is no glibc.

    By default blocks above some megabytes are mapped anew for each use, and the system clears every page of them: with
    3D feature maps that is a seventh of a training step on CPUs. The process then holds its peak of memory to its end.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        library = ctypes.CDLL(None)
        return bool(library.mallopt(_MMAP_THRESHOLD, 1 << 30) and library.mallopt(_TRIM_THRESHOLD, _LARGEST))
    except (OSError, AttributeError):
        return False
