"""The record of a pretraining: what it saw, with what, and how far it got."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json

FORMAT = 1
RECORD = "pretraining.json"
"""Beside a run's ``run.json`` it has a name of its own, so that no command takes a pretraining for a model."""


@dataclass(frozen=True)
class PretrainRecord:
    """What is known of a pretraining, as ``pretraining.json`` keeps it.

    Parameters
    ----------
    name : of its folder in ``runs``
    project : id and name
    channels : names of the input channels
    split : hash of the split whose test subjects were left out
    cases : every case whose image was learned from
    left_out : cases that could not be read, with the reason
    settings : of the method
    recipe : digest of the recipe in ``recipe.yaml``
    network : name and number of parameters
    versions, device : what it ran on
    state : running, stopped, failed or done
    started, finished : ISO 8601, UTC
    steps, seconds : done so far
    loss : mean of the last steps; the error of voxels that were hidden, in units of the patch's variance
    """

    name: str
    project: dict[str, str]
    channels: tuple[str, ...]
    split: str
    cases: tuple[str, ...]
    settings: dict[str, Any]
    recipe: str
    network: dict[str, Any]
    versions: dict[str, str]
    device: dict[str, Any]
    left_out: dict[str, str] = field(default_factory=dict)
    state: str = "running"
    started: str = ""
    finished: str | None = None
    steps: int = 0
    seconds: float = 0.0
    loss: float | None = None
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Write it into ``folder``, atomically."""
        write_json(folder / RECORD, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> PretrainRecord:
        """Read it; raises MedOptError for a folder without one, for a damaged one and for that of a newer MedOpt."""
        if not (folder / RECORD).is_file():
            raise MedOptError("not a pretraining", where=folder, expected=f"a folder with {RECORD}")
        values = read_json(folder / RECORD)
        if not isinstance(values, dict) or values.get("format", FORMAT) > FORMAT:
            raise MedOptError("the pretraining is of a newer MedOpt", where=folder, remedy="Update MedOpt")
        try:
            record = cls(**{key: value for key, value in values.items() if key in cls.__dataclass_fields__})
        except TypeError as error:
            raise MedOptError("the pretraining's record is damaged", where=folder, found=str(error)) from error
        return replace(record, channels=tuple(record.channels), cases=tuple(record.cases))

    def changed(self, **values: Any) -> PretrainRecord:
        """A copy with other values."""
        return replace(self, **values)
