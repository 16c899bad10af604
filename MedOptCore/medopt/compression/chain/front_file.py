"""What a request of compression came to, read from its folder without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.compression.chain.choice import Candidate, Rules
from medopt.errors import MedOptError
from medopt.files import read_json

FOLDER, PLAN, FRONT = "compression", "plan.json", "front.json"
"""Of a project, and in the folder of a request."""
FORMAT = 1
"""Newest version of front.json that is understood, and the one that is written."""
_OF_CANDIDATE = frozenset(Candidate.__dataclass_fields__)


@dataclass(frozen=True)
class Front:
    """What ``front.json`` tells.

    Parameters
    ----------
    run : the teacher
    metric : "dice", "auroc" or "ap50"
    engine : that latencies were measured in
    validation_cases : that every model was measured on
    rules : by which was chosen
    candidates : every model, the fastest first, teacher and control among them
    faster : times faster than the teacher's export, by name
    front : names of the models that no other one beats, the fastest first
    taken, nearest : the model that was chosen; what comes nearest when none was
    refused : name of each other model that was not admitted → the reasons
    ended, left_out : branch → why it ended early, or was not tried
    """

    run: str
    metric: str
    engine: str
    validation_cases: int
    rules: Rules
    candidates: tuple[Candidate, ...]
    faster: Mapping[str, float]
    front: tuple[str, ...]
    taken: str | None
    nearest: str | None
    refused: Mapping[str, tuple[str, ...]]
    ended: Mapping[str, str]
    left_out: Mapping[str, str]

    @property
    def demanded(self) -> float | None:
        """The score that a model's estimate must reach; None when teacher and control have none."""
        known = [one.score for one in self.candidates if one.is_reference and one.score is not None]
        return self.rules.keep * max(known) if known else None


def read_front(path: Path) -> Front:
    """Read a ``front.json``; raises MedOptError when it is missing, newer, damaged or something else."""
    value = read_json(path)
    try:
        if value["format"] > FORMAT:
            raise MedOptError(
                "the front is of a newer MedOpt", where=path, expected=f"format {FORMAT}", remedy="Update MedOpt"
            )
        candidates = sorted((_candidate(one) for one in value["candidates"]), key=lambda one: one.latency_ms)
        return Front(
            str(value["run"]),
            str(value["metric"]),
            str(value.get("engine", "onnxruntime")),
            int(value["validation_cases"]),
            Rules(**value["rules"]),
            tuple(candidates),
            {str(one["name"]): float(one["times_faster"]) for one in value["candidates"]},
            tuple(str(name) for name in value["front"]),
            value["taken"],
            value["nearest"],
            {str(name): tuple(str(why) for why in reasons) for name, reasons in value["refused"].items()},
            {str(name): str(why) for name, why in value["ended"].items()},
            {str(name): str(why) for name, why in value["left_out"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MedOptError("the front is damaged", where=path, found=str(error)) from error


def _candidate(value: Mapping[str, Any]) -> Candidate:
    fields = {name: given for name, given in value.items() if name in _OF_CANDIDATE}
    classes = tuple((str(name), ratio) for name, ratio in value["classes"])
    return Candidate(**{**fields, "classes": classes, "latency_ms": float(value["latency_ms"])})
