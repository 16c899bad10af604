"""Trials on disk: one small file each, so that workers on several machines share a search and a kill loses nothing."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from medopt.errors import MedOptError
from medopt.files import read_json, sync_folder, write_json
from medopt.training.search.settings import Value

TrialState = Literal["running", "done", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """One set of values that is tried.

    Parameters
    ----------
    number : from 0 through the whole search
    round : from 0
    share : of the full training time
    values : by field of the recipe
    state : running; done; pruned (ended early as hopeless); failed (an error, such as a loss that is no number)
    score : the best on validation cases so far, higher is better; None before the first
    points : (share of the trial that has passed, score) at each look
    promoted_from : the trial of the round before that had the same values; None when they were drawn
    worker : who works on it
    attempt : how often it was begun
    seconds : of work, those of earlier attempts left out
    error : why it failed
    """

    number: int
    round: int
    share: float
    values: Mapping[str, Value]
    state: TrialState = "running"
    score: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    promoted_from: int | None = None
    worker: str = ""
    attempt: int = 1
    seconds: float = 0.0
    error: str | None = None

    @property
    def name(self) -> str:
        """``trial-0001`` for number 0: people count from 1."""
        return f"trial-{self.number + 1:04d}"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state != "running"

    def changed(self, **values: Any) -> Trial:
        """A copy with other values."""
        return replace(self, **values)

    @classmethod
    def from_json(cls, value: Any, where: Path) -> Trial:
        """Read back; MedOptError when it is damaged."""
        try:
            if value["state"] not in get_args(TrialState):
                raise ValueError(value["state"])
            known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
            return cls(**known | {"points": tuple((float(s), float(v)) for s, v in value.get("points", ()))})
        except (KeyError, TypeError, ValueError) as error:
            raise MedOptError("the trial's record is damaged", where=where, found=str(error)) from error


class TrialStore:
    """The trials in a folder: ``trial-0001.json`` and so on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Trial]:
        """Every trial, in the order of their numbers."""
        return sorted(
            (Trial.from_json(read_json(path), path) for path in self.folder.glob("trial-*.json")),
            key=lambda trial: trial.number,
        )

    def create(self, trial: Trial) -> bool:
        """Write a new trial; False when another worker took its number meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".partial-{uuid.uuid4().hex[:8]}.json"
        temporary.write_text(json.dumps(asdict(trial), indent=1, allow_nan=False), encoding="utf-8")
        try:
            os.link(temporary, self._path(trial))  # unlike a rename, it never takes the place of a file
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
        sync_folder(self.folder)
        return True

    def save(self, trial: Trial) -> None:
        """Write a trial that this worker works on."""
        write_json(self._path(trial), asdict(trial))

    def claim(self, trial: Trial) -> bool:
        """Take over a trial whose worker vanished; False when another worker was faster."""
        try:
            descriptor = os.open(self.folder / f".claim-{trial.name}-{trial.attempt + 1}", os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.close(descriptor)
        return True

    def quiet_seconds(self, trial: Trial) -> float:
        """Since the trial was written last."""
        try:
            return max(0.0, time.time() - self._path(trial).stat().st_mtime)
        except OSError:
            return 0.0

    def _path(self, trial: Trial) -> Path:
        return self.folder / f"{trial.name}.json"
