"""What a request of compression will do, and how its time is shared out; told before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from medopt.compression.settings import TeachingSettings
from medopt.errors import MedOptError
from medopt.settings import Settings

FORMAT = 1
MINUTES = 30.0
"""For all of it, where nothing is said."""
LEAST_TRAINING = 0.5
"""Share of the minutes that trainings get at least, however long the measurements are expected to take."""
OF_EXPORT = 10
"""Windows that the proof of an export runs: five cases, in two engines."""
OF_CALIBRATION = 256
"""Windows that a quantization runs: 16 to make histograms, 16 in float and 32 for each of about seven ways."""
SECONDS_A_PACKAGE = 5.0
"""For what does not depend on the network: writing, checking and opening a file."""

Share = Annotated[float, Field(gt=0, lt=1)]
Kind = Literal["teacher", "control", "prune", "distill", "network"]


class ChainSettings(Settings):
    """What is asked of a compression. Give ``minutes`` or ``steps``, or neither for 30 minutes."""

    keep: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Of the score of the better of teacher and control, that the lower end of the 95 % interval must keep."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.98
    """Of each structure's or class's score, that must be kept."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """For all of it: training, exports, quantization and measurements."""
    steps: Annotated[int, Field(ge=1)] | None = None
    """Optimiser steps of each training, in place of minutes."""
    removed: tuple[Share, ...] = (0.5, 0.75)
    """Shares of the multiply-adds that are pruned, one branch each."""
    widths: tuple[Share, ...] = (0.5, 0.25)
    """Of students over the teacher's, one branch each."""
    coarse: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.5,)
    """Widths of students that also do without the teacher's finest level, one branch each (U-Nets)."""
    norms: Annotated[tuple[Literal["as it is", "batch"], ...], Field(min_length=1)] = ("batch",)
    """Normalizations of students, one branch each: the teacher's, or batch normalization, which costs nothing where the
    model is used. Pruned runs keep the teacher's."""
    networks: tuple[str, ...] | None = None
    """Other families that learn from the teacher, as in separable_unet-M, one branch each; by default those that suit
    the task."""
    teaching: TeachingSettings = TeachingSettings()
    """How students and other families learn from the teacher."""
    multiple: Annotated[int, Field(ge=1, le=64)] = 4
    """Widths of layers are multiples of it."""
    calibration: Annotated[int, Field(ge=1)] = 16
    """Training cases that ranges of 8 bit are chosen on."""
    fine_tuning: Annotated[int, Field(ge=0)] = 200
    """Steps of fine-tuning in 8 bit, where ranges alone lose too much."""
    rounds: Annotated[int, Field(ge=1)] = 21
    """In how many rounds the latency of each model is measured."""

    @model_validator(mode="after")
    def _one_length(self) -> ChainSettings:
        if self.steps is not None and self.minutes is not None:
            raise ValueError("give either minutes or steps")
        return self

    @property
    def total_minutes(self) -> float | None:
        """For all of it; None when steps are given."""
        return None if self.steps is not None else self.minutes or MINUTES


@dataclass(frozen=True)
class Branch:
    """A way to a smaller model: a run, its export, and that in 8 bit.

    Parameters
    ----------
    name : such as ``pruned-50``; unique in its plan
    kind : what makes its run; the teacher's is there already
    amount : share that is removed, or width over the teacher's; 0 for the others
    network : family and size, as in separable_unet-M; empty for the others
    norm : of a student
    coarse : whether a student does without the teacher's finest level
    """

    name: str
    kind: Kind
    amount: float = 0.0
    network: str = ""
    norm: Literal["as it is", "batch"] = "as it is"
    coarse: bool = False

    @property
    def trains(self) -> bool:
        """Whether a run has to be trained."""
        return self.kind != "teacher"

    @property
    def is_reference(self) -> bool:
        """Whether others are measured against its float model."""
        return self.kind in ("teacher", "control")


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Parameters
    ----------
    run : the teacher
    sha256 : of its weights
    settings : what was asked for
    branches : teacher, control, then smaller ones
    left_out : branch → why it is not tried
    minutes_each : of training for each branch that trains, the control among them; None when steps were given
    rest_seconds : what exports, quantization and measurements are expected to take
    """

    run: str
    sha256: str
    settings: ChainSettings
    branches: tuple[Branch, ...]
    left_out: Mapping[str, str]
    minutes_each: float | None
    rest_seconds: float

    @property
    def trainings(self) -> int:
        """How many runs are trained."""
        return sum(branch.trains for branch in self.branches)

    @property
    def expected_minutes(self) -> float | None:
        """Of all of it; None when steps were given, whose time is not known."""
        return None if self.minutes_each is None else self.minutes_each * self.trainings + self.rest_seconds / 60

    def same_as(self, other: Plan) -> bool:
        """Whether both ask for the same steps of the same run, so that one can go on with what the other did."""
        asked = [
            (one.run, one.sha256, one.settings.model_copy(update={"minutes": one.settings.total_minutes}))
            for one in (self, other)
        ]
        return asked[0] == asked[1]

    def to_json(self) -> dict[str, Any]:
        """Plain data of ``plan.json``."""
        return {
            "format": FORMAT,
            "run": self.run,
            "sha256": self.sha256,
            "settings": self.settings.model_dump(mode="json"),
            "branches": [asdict(branch) for branch in self.branches],
            "left_out": dict(self.left_out),
            "minutes_each": self.minutes_each,
            "rest_seconds": self.rest_seconds,
            "expected_minutes": self.expected_minutes,
        }

    @classmethod
    def from_json(cls, value: Any, where: str = "plan.json") -> Plan:
        """From the plain data of ``to_json``; raises MedOptError when it is newer, damaged or something else."""
        try:
            if value["format"] > FORMAT:
                raise MedOptError("the plan is of a newer MedOpt", where=where, expected=f"format {FORMAT}")
            each = value["minutes_each"]
            return cls(
                str(value["run"]),
                str(value["sha256"]),
                ChainSettings.parse(value["settings"], where),
                tuple(Branch(**branch) for branch in value["branches"]),
                {str(name): str(why) for name, why in value["left_out"].items()},
                None if each is None else float(each),
                float(value["rest_seconds"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MedOptError("the plan is damaged", where=where, found=str(error)) from error


def make_plan(
    run: str,
    sha256: str,
    settings: ChainSettings,
    *,
    patch_seconds: float,
    validation_cases: int,
    unfit: Mapping[str, str] | None = None,
) -> Plan:
    """The branches of a request, and its time shared out equally among the trainings.

    Parameters
    ----------
    run, sha256 : the teacher and its weights
    patch_seconds : that the teacher takes for one window
    validation_cases : that each model is measured on
    unfit : branches that are not possible, and why
    """
    unfit = unfit or {}
    wished = branches_of(settings)
    branches = tuple(branch for branch in wished if branch.name not in unfit)
    rest = rest_seconds(patch_seconds, validation_cases, len(branches))
    each = None
    if (total := settings.total_minutes) is not None:
        training = max(LEAST_TRAINING * total, total - rest / 60)
        each = training / sum(branch.trains for branch in branches)
    left_out = {branch.name: unfit[branch.name] for branch in wished if branch.name in unfit}
    return Plan(run, sha256, settings, branches, left_out, each, rest)


def branches_of(settings: ChainSettings) -> tuple[Branch, ...]:
    """Teacher, control, pruned runs, students and other families, in the order in which they are made."""
    pruned = [Branch(f"pruned-{percent(amount)}", "prune", amount) for amount in settings.removed]
    students = [
        Branch(f"{kind}-{percent(width)}" + "-batch" * (norm == "batch"), "distill", width, norm=norm, coarse=coarse)
        for kind, coarse, widths in (("width", False, settings.widths), ("coarse", True, settings.coarse))
        for width in widths
        for norm in settings.norms
    ]
    others = [Branch(name, "network", network=name) for name in settings.networks or ()]
    wished = (Branch("teacher", "teacher"), Branch("control", "control"), *pruned, *students, *others)
    return tuple({branch.name: branch for branch in wished}.values())


def rest_seconds(patch_seconds: float, validation_cases: int, branches: int) -> float:
    """What is expected to pass outside of training, every model being as slow as the teacher.

    A case counts as one window. For each branch: the proof of the export, calibration, and the validation cases four
    times (the export, both sides of the quantization, and the quantized model).
    """
    windows = OF_EXPORT + OF_CALIBRATION + 4 * validation_cases
    return branches * (windows * patch_seconds + 2 * SECONDS_A_PACKAGE)


def percent(share: float) -> str:
    """Of a share, as a name has it: "50", "12p5"."""
    return f"{100 * share:.6g}".replace(".", "p")


def plan_rows(plan: Plan) -> Sequence[dict[str, Any]]:
    """One row a branch, for a table."""
    words = {
        "teacher": "the run as it is",
        "control": "the run, trained on as long as the others",
        "prune": "feature maps removed until {:.3g} % of the multiply-adds are gone, trained on",
        "distill": "student of {:.3g} % width that begins with the teacher's maps",
        "network": "another network that learns from the teacher",
    }
    length = f"{plan.settings.steps} steps" if plan.minutes_each is None else f"{plan.minutes_each:.1f} min"
    return [
        {
            "branch": branch.name,
            "what": words[branch.kind].format(100 * branch.amount)
            + (", without the finest level" if branch.coarse else "")
            + (", with batch normalization" if branch.norm == "batch" else "")
            + "; exported, then in 8 bit",
            "training": length if branch.trains else "none",
        }
        for branch in plan.branches
    ] + [{"branch": name, "what": f"left out: {why}", "training": "none"} for name, why in plan.left_out.items()]
