"""The rounds of labelling and training: what was trained when and why, kept in the project."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.project import Project

FORMAT = 1
State = Literal["training", "proposing", "done"]
Start = Literal["scratch", "continued"]


@dataclass(frozen=True)
class Candidate:
    """One training of a round.

    Parameters
    ----------
    run : its run
    start : from random weights, or from those of the model before
    source : the run that it continued, None from scratch
    minutes : that it was given
    score : of its best weights on the internal validation part; None before its end and where it is not defined
    """

    run: str
    start: Start
    source: str | None
    minutes: float
    score: float | None = None


@dataclass(frozen=True)
class RoundRecord:
    """One round.

    Parameters
    ----------
    number : from 1
    state : how far it is; one that is not done is gone on with by the next call of ``teach``
    started, finished : ISO 8601 in UTC
    training_cases, training_subjects, validation_cases, validation_subjects : of the two parts
    candidates : what was trained; the first is that of which the rule expects most
    reason : why these candidates
    metric : of the candidates' scores
    model : the candidate whose proposals were made; None before it is known
    choice : why that one
    proposed : cases that got a proposal
    left_out : case → why it got none
    """

    number: int
    state: State
    started: str
    training_cases: int
    training_subjects: int
    validation_cases: int
    validation_subjects: int
    candidates: tuple[Candidate, ...]
    reason: str
    metric: str = ""
    model: str | None = None
    choice: str = ""
    proposed: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    finished: str | None = None

    @property
    def chosen(self) -> Candidate | None:
        """The candidate behind ``model``."""
        return next((one for one in self.candidates if one.run == self.model), None)

    def changed(self, **values: Any) -> RoundRecord:
        """A copy with other values."""
        return replace(self, **values)


def rounds_path(project: Project) -> Path:
    """``labelling/rounds.json``."""
    return project.folder / "labelling" / "rounds.json"


def load_rounds(project: Project) -> list[RoundRecord]:
    """All rounds, the first one first; MedOptError when their file is damaged or of a newer MedOpt."""
    path = rounds_path(project)
    if not path.is_file():
        return []
    values = read_json(path)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise MedOptError(
            "the record of the rounds is damaged or of a newer MedOpt", where=path, expected=f"format {FORMAT}"
        )
    try:
        return [_record(one) for one in values["rounds"]]
    except (KeyError, TypeError) as error:
        raise MedOptError("the record of the rounds is damaged", where=path, found=str(error)) from error


def save_round(project: Project, record: RoundRecord) -> None:
    """Keep ``record``, in place of the one of its number; atomic."""
    others = [one for one in load_rounds(project) if one.number != record.number]
    rounds = sorted([*others, record], key=lambda one: one.number)
    write_json(rounds_path(project), {"format": FORMAT, "rounds": [asdict(one) for one in rounds]})


def _record(value: dict[str, Any]) -> RoundRecord:
    known = {name: one for name, one in value.items() if name in RoundRecord.__dataclass_fields__}
    candidates = tuple(
        Candidate(**{name: v for name, v in one.items() if name in Candidate.__dataclass_fields__})
        for one in value["candidates"]
    )
    return RoundRecord(**{**known, "candidates": candidates})
