"""A cohort as points in a plane, with the core set marked, and how well so many cases cover it: what charts show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from medopt.labelling.core_set import CoreSet
from medopt.labelling.coverage import distances, mean_distance
from medopt.labelling.embeddings import Embeddings, plane
from medopt.project import Project

Role = Literal["chosen", "added", "labelled", "repeated", "other"]

DRAWS = 40
"""Random choices that the core set is compared with, at each number of cases."""


@dataclass(frozen=True)
class CohortPoint:
    """One case in the plane.

    Parameters
    ----------
    case_id, x, y : which, and where; x is the direction in which the cohort spreads most, in z-scores
    role : why it stands out: chosen, added by hand, labelled already, the same image as another one, or none of these
    number : its place in the core set, from 1; 0 for others
    nearest : the labelled or chosen case that is most like it, by all numbers and not in the plane; itself for these
    stratum : values of the attributes that the core set was drawn by
    """

    case_id: str
    x: float
    y: float
    role: Role
    number: int
    nearest: str | None
    stratum: str = ""


@dataclass(frozen=True)
class CoverageStep:
    """Mean distance of a case to the nearest labelled or chosen one when so many are chosen, of the core set and of
    random choices (mean, and the range of the middle 90 %)."""

    count: int
    chosen: float
    random: float
    low: float
    high: float


@dataclass(frozen=True)
class CohortMap:
    """All that a picture of a core set shows."""

    points: tuple[CohortPoint, ...]
    steps: tuple[CoverageStep, ...]


def map_cohort(project: Project, core_set: CoreSet, embeddings: Embeddings) -> CohortMap:
    """Where each case of ``embeddings`` lies, and how the coverage grows with the cases of the core set.

    Distances are those of `Embeddings.points`. Without a core set and labels no case has a nearest one and there are no
    steps.
    """
    points = embeddings.points()
    labelled, chosen = _marked(project, core_set, embeddings)
    steps = _steps(points, labelled, chosen, core_set.seed)
    return CohortMap(cohort_points(project, core_set, embeddings), tuple(steps))


def cohort_points(project: Project, core_set: CoreSet, embeddings: Embeddings) -> tuple[CohortPoint, ...]:
    """Where each case of ``embeddings`` lies: the quick part of `map_cohort`."""
    cases = {case.id: case for case in project.cases()}
    points = embeddings.points()
    labelled, chosen = _marked(project, core_set, embeddings)
    marks = [*labelled, *chosen]
    nearest = [None] * len(points) if not marks else np.argmin(distances(points, points[marks]), axis=1).tolist()
    order = {one.case: number for number, one in enumerate(core_set.cases, 1)}
    roles: dict[str, Role] = {one.case: "repeated" for one in core_set.repeated}
    roles.update({one.case: "added" if one.added else "chosen" for one in core_set.cases})
    roles.update({embeddings.cases[row]: "labelled" for row in labelled})
    result = []
    for row, ((x, y), near) in enumerate(zip(plane(points).tolist(), nearest, strict=True)):
        case = embeddings.cases[row]
        stratum = ", ".join(cases[case].attributes.get(name, "unknown") for name in core_set.strata)
        standing = None if near is None else embeddings.cases[marks[near]]
        result.append(CohortPoint(case, x, y, roles.get(case, "other"), order.get(case, 0), standing, stratum))
    return tuple(result)


def _marked(project: Project, core_set: CoreSet, embeddings: Embeddings) -> tuple[list[int], list[int]]:
    """Rows of the labelled cases, and of those of the core set that wait for a label."""
    done = {case.id for case in project.cases() if case.labelled}
    place = {case: row for row, case in enumerate(embeddings.cases)}
    labelled = [row for row, case in enumerate(embeddings.cases) if case in done]
    chosen = [place[one.case] for one in core_set.cases if one.case in place and one.case not in done]
    return labelled, chosen


def _steps(points: np.ndarray, labelled: list[int], chosen: list[int], seed: int) -> list[CoverageStep]:
    free = np.setdiff1d(np.arange(len(points)), labelled)
    numbers = np.random.default_rng(seed)
    orders = [numbers.permutation(free).tolist() for _ in range(DRAWS)]
    counts = range(1, len(chosen) + 1) if len(chosen) <= DRAWS else np.linspace(1, len(chosen), DRAWS).astype(int)
    result = []
    for count in counts:
        drawn = [mean_distance(points, [*labelled, *order[:count]]) for order in orders]
        low, high = np.percentile(drawn, [5, 95])
        ours = mean_distance(points, [*labelled, *chosen[:count]])
        result.append(CoverageStep(int(count), ours, float(np.mean(drawn)), float(low), float(high)))
    return result
