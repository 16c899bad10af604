"""Which device trains, and why."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import dataclass

import torch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeviceChoice:
    """The device in use.

    Parameters
    ----------
    kind : "cpu" or "cuda"
    name : as the maker calls it
    threads : CPU threads that torch uses
    reason : one sentence for the user
    warning : what is wrong when a GPU is present but cannot be used, else None
    """

    kind: str
    name: str
    threads: int
    reason: str
    warning: str | None = None

    @property
    def torch(self) -> torch.device:
        """The device for torch."""
        return torch.device(self.kind)


def choose_device() -> DeviceChoice:
    """The first CUDA device that computes, else the CPU; tried with a small product, not assumed."""
    threads = torch.get_num_threads()
    warning = None
    if torch.cuda.is_available():
        try:
            one = torch.ones(8, 8, device="cuda")
            if float((one @ one).sum().cpu()) == 512.0:
                return DeviceChoice("cuda", torch.cuda.get_device_name(), threads, "a CUDA device was found")
            warning = "A CUDA device is present but computes wrongly; training on the CPU"
        except RuntimeError as error:
            warning = f"A CUDA device is present but cannot be used ({str(error).splitlines()[0]}); training on the CPU"
    elif os.path.exists("/proc/driver/nvidia/version") or os.environ.get("CUDA_VISIBLE_DEVICES"):
        built = torch.version.cuda or "none"
        warning = (
            f"An NVIDIA driver is present but this torch (built for CUDA: {built}) finds no device; training on the CPU"
        )
    if warning:
        logger.warning(warning)
    return DeviceChoice("cpu", _processor(), threads, warning or "no CUDA device was found", warning)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
