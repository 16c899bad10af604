"""Which device trains, and why; a GPU that is there but cannot be used is told, with what to do about it."""

from __future__ import annotations

import logging
import os
import platform
import warnings
from dataclasses import dataclass, replace

import torch
from torch import nn

from medopt.errors import MedOptError
from medopt.training.gpu import Gpus, find_gpus

logger = logging.getLogger(__name__)

LEAST_FREE = 1 << 30
"""Bytes that a GPU must have free to be worth taking: CUDA itself and cuDNN need some hundred megabytes."""
DRIVERS = {13: 580, 12: 525, 11: 450}
"""Oldest driver for each CUDA of torch (NVIDIA, CUDA compatibility, minor version compatibility)."""
ON_CPU = "Training runs on the CPU"


@dataclass(frozen=True)
class DeviceChoice:
    """The device in use.

    Parameters
    ----------
    kind : "cpu", "cuda" or, only when asked for, "mps"
    name : as the maker calls it
    threads : CPU threads that torch uses
    reason : one sentence for the user
    warning : what is wrong and what to do when a GPU is present but is not used, else None
    index : which CUDA device
    memory : bytes of the GPU in all; None on the CPU
    """

    kind: str
    name: str
    threads: int
    reason: str
    warning: str | None = None
    index: int = 0
    memory: int | None = None

    @property
    def torch(self) -> torch.device:
        """The device for torch."""
        return torch.device(self.kind, self.index) if self.kind == "cuda" and self.index else torch.device(self.kind)


def choose_device(wanted: str | None = None) -> DeviceChoice:
    """The first CUDA device that computes and has memory free, else the CPU; tried with a small product, not assumed.

    ``wanted`` names one: "cpu", "cuda", "cuda:1" or "mps". Raises MedOptError when that one cannot be used; a device
    that was asked for is never replaced in silence. Apple's GPUs are taken only when asked for, since not all
    operations of a 3D training exist there. Logs the warning, too.
    """
    if wanted is not None and wanted != "auto":
        return _the_wanted(wanted)
    tried = _cuda_devices()
    for choice, problem in tried:
        if problem is None:
            return choice
    gpus = find_gpus()
    problem = tried[0][1] if tried else None
    if problem is None and (gpus.maker is None or gpus.hidden):
        hidden = f"{gpus.called} is hidden by the environment (CUDA_VISIBLE_DEVICES)"
        return _cpu(_sentence(hidden) if gpus.hidden else "no CUDA device was found")
    warning = _warning(gpus, problem)
    logger.warning(warning)
    return replace(_cpu(warning), warning=warning)


# ---- CUDA ----------------------------------------------------------------------------------------------------


def _cuda_devices() -> list[tuple[DeviceChoice, str | None]]:
    """Each CUDA device that torch sees, with what is wrong with it; those without fault first, in torch's order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch would warn of is asked for by its result and told in full
        if not torch.cuda.is_available():
            return []
        count, place = torch.cuda.device_count(), os.environ.get("LOCAL_RANK", "")
        # processes that torchrun started on one computer take a device each
        indices = [int(place) % max(1, count)] if place.isdigit() else range(count)
        tried = [_try_cuda(index) for index in indices]
    return sorted(tried, key=lambda one: one[1] is not None)


def _try_cuda(index: int) -> tuple[DeviceChoice, str | None]:
    name, threads = f"CUDA device {index}", torch.get_num_threads()
    choice = DeviceChoice("cuda", name, threads, "a CUDA device was found", index=index)
    try:
        choice = replace(choice, name=torch.cuda.get_device_name(index))
        free, total = torch.cuda.mem_get_info(index)
        choice = replace(choice, memory=total)
        if free < LEAST_FREE:
            used = f"only {free / 2**30:.1f} of {total / 2**30:.1f} GiB of memory are free"
            return choice, f"{used}. End the program that uses it (nvidia-smi lists them)"
        one = torch.ones(8, 8, device=f"cuda:{index}")
        if float((one @ one).sum().cpu()) != 512.0:
            return choice, "it computes wrongly. Restart the computer; if that does not help, the GPU is faulty"
    except (RuntimeError, AssertionError) as error:  # torch asserts where a build lacks CUDA
        return choice, _explained(str(error))
    return choice, None


def _explained(message: str) -> str:
    """What a CUDA error means, and what to do."""
    first, small = message.strip().splitlines()[0].rstrip("."), message.lower()
    if "no kernel image" in small or "not compatible with the current pytorch" in small:
        known = ", ".join(torch.cuda.get_arch_list()) or "none"
        remedy = f"This torch is built for {known}: install one that is built for this GPU"
    elif "out of memory" in small:
        remedy = "End the program that uses its memory (nvidia-smi lists them)"
    elif "busy or unavailable" in small or "prohibited" in small:
        remedy = "Another program holds it alone: end that program, or ask whoever runs this computer"
    else:
        remedy = "Restart the computer; if that does not help, update the NVIDIA driver"
    return f"{first}. {remedy}"


# ---- why not -------------------------------------------------------------------------------------------------


def _warning(gpus: Gpus, problem: str | None) -> str:
    """One or more sentences: which GPU, why torch cannot use it, what to do."""
    if problem is None:
        problem = _cause(gpus)
    thing = gpus.called if gpus.maker else "a CUDA device"
    return f"{_sentence(thing)} is present but cannot be used: {problem}. {ON_CPU}"


def _cause(gpus: Gpus) -> str:
    """Why torch sees none of the GPUs that are there, and what to do."""
    if gpus.maker == "Apple":
        return "not all operations of a 3D training exist for it. It can be tried with the device mps"
    if gpus.maker == "AMD":
        if torch.version.hip is None:
            return "this torch is built without ROCm. Install torch's build for ROCm"
        return "torch finds no device. Check that you may open /dev/kfd (groups render and video)"
    build = torch.version.cuda
    if build is None:
        need = f", for a CUDA that driver {gpus.driver} knows" if gpus.driver else ""
        return (
            f"this torch ({torch.__version__}) is built without CUDA. Install torch's build for CUDA{need}; in 3D "
            "Slicer through its PyTorch extension"
        )
    oldest = DRIVERS.get(int(build.split(".")[0]))
    major = int(gpus.driver.split(".")[0]) if gpus.driver and gpus.driver.split(".")[0].isdigit() else None
    if oldest and major and major < oldest:
        return (
            f"its driver {gpus.driver} is too old for this torch, which is built for CUDA {build}. Update the driver "
            f"to {oldest} or newer, or install torch's build for an older CUDA"
        )
    if not gpus.reachable:
        return "its driver runs but no device file is here. Start the container with its GPUs (docker run --gpus all)"
    if gpus.trouble and "mismatch" in gpus.trouble.lower():
        return f"{gpus.trouble}. The driver was updated: restart the computer"
    if gpus.trouble:
        return f"{gpus.trouble}. Restart the computer, or install the driver again"
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    if said is not None:
        return f"CUDA_VISIBLE_DEVICES={said} names no device that is here. Unset it, or name another"
    return f"torch (built for CUDA {build}) finds no device{_torch_says()}. Restart the computer, or update the driver"


def _torch_says() -> str:
    """What torch itself gives as the reason, in brackets; empty when it gives none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            torch.cuda.init()
        except (RuntimeError, AssertionError) as error:
            return f" ({str(error).strip().splitlines()[0].rstrip('.')})"
    return f" ({str(caught[0].message).splitlines()[0].rstrip('.')})" if caught else ""


# ---- what was asked for --------------------------------------------------------------------------------------


def _the_wanted(wanted: str) -> DeviceChoice:
    kind, _, number = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdigit())):
        raise MedOptError(
            "no such device", where="device", expected="auto, cpu, cuda, cuda:NUMBER or mps", found=wanted
        )
    if kind == "cpu":
        return _cpu("it was asked for")
    if kind == "mps":
        return _mps()
    index = int(number or os.environ.get("LOCAL_RANK") or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        gpus = find_gpus()
        found = _cause(gpus) if gpus.maker and not gpus.hidden else "no CUDA device"
        raise MedOptError("the device cannot be used", where=wanted, found=found)
    if index >= count:
        names = ", ".join(f"cuda:{n}" for n in range(count))
        raise MedOptError("there is no such device", where=wanted, expected=names)
    choice, problem = _try_cuda(index)
    if problem is not None:
        raise MedOptError("the device cannot be used", where=wanted, found=problem)
    return replace(choice, reason="it was asked for")


def _mps() -> DeviceChoice:
    """Apple's GPU, after one step of a small 3D training on it; raises MedOptError when that fails."""
    if not torch.backends.mps.is_available():
        raise MedOptError("there is no Apple GPU that torch can use", where="mps", found=_platform())
    trial = nn.Sequential(nn.Conv3d(1, 2, 3), nn.InstanceNorm3d(2), nn.LeakyReLU(), nn.ConvTranspose3d(2, 1, 2, 2))
    try:
        trial.to("mps")(torch.ones(1, 1, 6, 6, 6, device="mps")).sum().backward()
    except (RuntimeError, NotImplementedError, TypeError) as error:
        said = str(error).strip().splitlines()[0].rstrip(".")
        raise MedOptError(
            "a 3D training cannot run on this GPU", where="mps", found=said, remedy="Train on the CPU, or update torch"
        ) from error
    return DeviceChoice("mps", _platform(), torch.get_num_threads(), "it was asked for")


def _cpu(reason: str) -> DeviceChoice:
    return DeviceChoice("cpu", _processor(), torch.get_num_threads(), reason)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _platform() -> str:
    return platform.processor() or platform.machine()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return _platform()
