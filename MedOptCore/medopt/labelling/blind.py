"""Which cases are labelled without a proposal, and which get a known-wrong one: drawn from a seed, always the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import Field

from medopt.project import Project
from medopt.settings import Settings

FILE = "blind.yaml"


class BlindSettings(Settings):
    """What is needed to measure how far annotators follow what they are shown; ``labelling/blind.yaml``."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Share of the cases that are labelled without seeing a proposal, as the measure of automation bias."""
    catch: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    """Share of the cases whose proposal is made wrong on purpose, to see whether that is noticed; off by default."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    """Of the draw."""

    def is_blind(self, case_id: str) -> bool:
        """Whether the case is to be labelled without a proposal.

        It depends on the seed and the case's name alone: cases that come later change nothing for the others, and a
        larger share adds cases and takes none back.
        """
        return _uniform(self.seed, "blind", case_id) < self.share

    def is_catch(self, case_id: str) -> bool:
        """Whether the case's proposal is made wrong on purpose; never for a blind case."""
        return not self.is_blind(case_id) and _uniform(self.seed, "catch", case_id) < self.catch


def load_blind(project: Project) -> BlindSettings:
    """The project's settings, the defaults where it has none; MedOptError when the file has a wrong field."""
    path = blind_path(project)
    return BlindSettings.load(path) if path.is_file() else BlindSettings()


def save_blind(project: Project, settings: BlindSettings) -> None:
    """Keep ``settings`` for all annotators of the project."""
    path = blind_path(project)
    path.parent.mkdir(exist_ok=True)
    settings.save(path)


def is_blind(project: Project, case_id: str) -> bool:
    """Whether the case is to be labelled without a proposal, by the project's settings; see `BlindSettings`."""
    return load_blind(project).is_blind(case_id)


def blind_path(project: Project) -> Path:
    """``labelling/blind.yaml``."""
    return project.folder / "labelling" / FILE


def _uniform(seed: int, purpose: str, name: str) -> float:
    """From 0 to 1, from a hash: the same in every version of every library."""
    digest = hashlib.sha256(f"{seed}:{purpose}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
