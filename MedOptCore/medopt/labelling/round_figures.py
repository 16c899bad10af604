"""What each round changed for the annotators, and when labelling will be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medopt.labelling.acceptances import Acceptance, list_acceptances
from medopt.labelling.bias import BiasFigures, measure_bias
from medopt.labelling.estimate import Estimate, estimate_mean
from medopt.labelling.forecast import Forecast, forecast_effort
from medopt.labelling.proposal_score import TITLES
from medopt.project import Project


@dataclass(frozen=True)
class RoundFigures:
    """The cases that were labelled with the proposals of one round, blind and catch cases left out.

    Parameters
    ----------
    round : its number; 0 for cases without a proposal
    n : cases
    score : how near the proposals came, before correction
    seconds : of labelling a case
    path : added path length of the edits a case, in voxels; boxes or classes for the other tasks
    changed : voxels changed a case; boxes or classes for the other tasks
    as_is : share of the proposals that were accepted without a change

    Means over those cases of which the number is known, each with its own n; None when it is known of none.
    """

    round: int
    n: int
    score: Estimate | None
    seconds: Estimate | None
    path: Estimate | None
    changed: Estimate | None
    as_is: Estimate | None


@dataclass(frozen=True)
class Course:
    """How labelling a project goes.

    Parameters
    ----------
    rounds : by number
    forecast : the effort left; None when no case was timed
    bias : see `measure_bias`
    score_title : Dice, F1 or agreement
    task : of the project
    """

    rounds: tuple[RoundFigures, ...]
    forecast: Forecast | None
    bias: BiasFigures
    score_title: str
    task: str


def read_course(project: Project) -> Course:
    """The figures of all rounds, from the history of the labels and the proposals they began from."""
    acceptances = list_acceptances(project)
    left = sum(not case.labelled for case in project.cases())
    task = project.settings.task
    return Course(
        figures_of(acceptances), forecast_effort(acceptances, left), measure_bias(acceptances), TITLES[task], task
    )


def figures_of(acceptances: Sequence[Acceptance]) -> tuple[RoundFigures, ...]:
    """The figures of each round that has cases."""
    groups: dict[int, list[Acceptance]] = defaultdict(list)
    for one in acceptances:
        if not one.blind and not one.catch:
            groups[one.round].append(one)
    return tuple(_figures(number, groups[number]) for number in sorted(groups))


def _figures(number: int, cases: Sequence[Acceptance]) -> RoundFigures:
    def mean(value: Callable[[Acceptance], float | None]) -> Estimate | None:
        known = [(found, one.subject) for one in cases if (found := value(one)) is not None]
        return estimate_mean([v for v, _ in known], [s for _, s in known])

    return RoundFigures(
        round=number,
        n=len(cases),
        score=mean(lambda one: one.score if number else None),
        seconds=mean(lambda one: one.seconds),
        path=mean(lambda one: None if one.edits is None else float(one.edits.added_path_length)),
        changed=mean(lambda one: None if one.edits is None else float(one.edits.changed)),
        as_is=mean(lambda one: float(one.as_is) if one.shown else None),
    )
