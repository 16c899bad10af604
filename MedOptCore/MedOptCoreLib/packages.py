"""The Python packages that MedOpt needs beyond Slicer's own: which are missing, and how to get them."""

from __future__ import annotations

import importlib
import importlib.metadata
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packaging.requirements import Requirement

from MedOptCoreLib.i18n import _

RESOURCES = Path(__file__).resolve().parents[1] / "Resources"
TORCH = "torch"


@dataclass(frozen=True)
class PackageGroup:
    """Packages that are installed together.

    Parameters
    ----------
    purpose : what they make possible, completes "needed to …"
    size : how much room they take on the disk
    requirements : file of requirement lines
    """

    purpose: str
    size: str
    requirements: Path

    def lines(self) -> list[Requirement]:
        """The requirements, comments left out."""
        text = self.requirements.read_text(encoding="utf-8")
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        return [Requirement(line) for line in lines if line]

    def missing(self) -> list[Requirement]:
        """Those that are absent or too old; looks at installed metadata and imports nothing."""
        return [requirement for requirement in self.lines() if not isInstalled(requirement)]


class Installer(Protocol):
    """Asks the user and installs."""

    def install(self, requirements: list[str], requester: str) -> None:
        """Install packages with pip; raises RuntimeError when the user declines."""

    def installTorch(self, requirement: str) -> None:
        """Install torch in the build that fits this computer; raises RuntimeError when that is impossible."""


def lightPackages() -> PackageGroup:
    """What projects, labels and results need in Slicer's own process."""
    return PackageGroup(
        _("open projects, label and look at results"),
        _("about 65 MB"),
        RESOURCES / "requirements-panels.txt",
    )


def workerPackages() -> PackageGroup:
    """What training, validation and export need in the worker process."""
    return PackageGroup(
        _("train, validate and export models in a worker process"),
        _("about 1.1 GB with torch for the CPU, about 6 GB with torch for CUDA"),
        RESOURCES / "requirements-worker.txt",
    )


def isInstalled(requirement: Requirement) -> bool:
    """True when the distribution is there in a version that fits."""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)


def installText(group: PackageGroup) -> str:
    """What a click on the install button will do: which packages, how large, where."""
    names = ", ".join(str(requirement) for requirement in group.missing())
    return _("Installs {names}, needed to {purpose}: {size}, into {folder}. Nothing else is changed or sent.").format(
        names=names, purpose=group.purpose, size=group.size, folder=sysconfig.get_paths()["purelib"]
    )


def install(group: PackageGroup, installer: Installer) -> None:
    """Install what is missing of ``group``; torch the way that its extension knows, the rest with pip."""
    missing = group.missing()
    for requirement in missing:
        if requirement.name == TORCH:
            installer.installTorch(str(requirement.specifier))
    others = [str(requirement) for requirement in missing if requirement.name != TORCH]
    if others:
        installer.install(others, "MedOpt")
    importlib.invalidate_caches()
