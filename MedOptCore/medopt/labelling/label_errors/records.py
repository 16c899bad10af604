"""What is told of labels that may be wrong."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.validation import LeftOut

Point = tuple[float, float, float]


@dataclass(frozen=True)
class ClassQuality:
    """How far a model that never saw the case agrees with what its label says of a class, 0 (not at all) to 1."""

    structure: str
    score: float


@dataclass(frozen=True)
class LabelQuality:
    """How far a model that never saw the case agrees with its label.

    Parameters
    ----------
    score : 0 (not at all) to 1; low ones are looked at first
    suspected : whether the label is thought to be wrong
    reason : what the model says instead, for people; "" when it says the same
    place : LPS mm of where to look; None for labels of whole images and where nothing is in doubt
    by_class : the same for each class that the label or the model names
    """

    score: float
    suspected: bool
    reason: str
    place: Point | None
    by_class: tuple[ClassQuality, ...]


@dataclass(frozen=True)
class Suspect:
    """A case and the quality of its label."""

    case: str
    subject: str
    quality: LabelQuality


@dataclass(frozen=True)
class LabelErrors:
    """Cases by how much their labels are in doubt, the most doubtful first.

    Parameters
    ----------
    task : of the project
    crossval : name of the cross-validation whose models were asked
    suspects : every case that was looked at; the same score by name
    left_out : cases that could not be looked at, and why
    """

    task: str
    crossval: str
    suspects: tuple[Suspect, ...]
    left_out: tuple[LeftOut, ...] = ()
