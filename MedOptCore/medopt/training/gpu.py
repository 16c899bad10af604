"""What GPUs this computer has, found without torch and without touching them."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ASKING_S = 10.0
"""Longest wait for ``nvidia-smi``, which hangs where a driver is broken."""
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
NVIDIA_DEVICE = Path("/dev/nvidiactl")
AMD_DEVICE = Path("/dev/kfd")


@dataclass(frozen=True)
class Gpus:
    """The GPUs that the system knows of, whether or not torch can use them.

    Parameters
    ----------
    maker : "NVIDIA", "AMD" or "Apple"; None when there is no sign of a GPU that could train
    names : as their maker calls them, where that can be told
    driver : version of the driver, where that can be told
    trouble : what the maker's own tool says is wrong, else None
    reachable : False when the driver runs but the device files are missing, as in a container without GPUs
    hidden : whether an environment variable hides all of them on purpose
    """

    maker: str | None = None
    names: tuple[str, ...] = ()
    driver: str | None = None
    trouble: str | None = None
    reachable: bool = True
    hidden: bool = False

    @property
    def called(self) -> str:
        """In words: "an NVIDIA GPU (GeForce RTX 3060)"."""
        article = "a" if self.maker is None else "an"
        return f"{article} {self.maker or ''} GPU".replace("  ", " ") + (
            f" ({', '.join(dict.fromkeys(self.names))})" if self.names else ""
        )


def find_gpus() -> Gpus:
    """Look at the driver's files, then ask ``nvidia-smi`` where it is installed; never raises."""
    if _exists(NVIDIA_DRIVER) or shutil.which("nvidia-smi"):
        said = _ask_nvidia()
        driver = said.driver or _driver_in(_text(NVIDIA_DRIVER))
        if said.names or driver:
            missing = _exists(NVIDIA_DRIVER) and not _exists(NVIDIA_DEVICE)
            return Gpus("NVIDIA", said.names, driver, said.trouble, not missing, _hidden("CUDA_VISIBLE_DEVICES"))
        if said.trouble and "driver/library version mismatch" in said.trouble.lower():
            return said
    if _exists(AMD_DEVICE):
        return Gpus("AMD", hidden=_hidden("HIP_VISIBLE_DEVICES") or _hidden("CUDA_VISIBLE_DEVICES"))
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Gpus("Apple")
    return Gpus()


def _ask_nvidia() -> Gpus:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Gpus("NVIDIA")
    question = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=ASKING_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Gpus("NVIDIA", trouble=f"nvidia-smi gives no answer ({type(error).__name__})")
    if answer.returncode != 0:
        words = (answer.stdout + answer.stderr).strip().splitlines()
        return Gpus("NVIDIA", trouble=words[0].rstrip(".") if words else f"nvidia-smi ends with {answer.returncode}")
    rows = [line.rsplit(",", 1) for line in answer.stdout.splitlines() if "," in line]
    return Gpus("NVIDIA", tuple(row[0].strip() for row in rows), rows[0][1].strip() if rows else None)


def _driver_in(text: str) -> str | None:
    found = re.search(r"Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)", text)
    return found.group(1) if found else None


def _hidden(variable: str) -> bool:
    """Whether the variable is set to no device at all; unset and "0,1" do not hide."""
    value = os.environ.get(variable)
    return value is not None and (not value.strip() or value.strip().startswith("-1"))


def _exists(path: Path) -> bool:
    return os.path.exists(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
