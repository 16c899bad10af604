"""The rounds of labelling as a chart in the scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from medopt.labelling.estimate import Estimate
from medopt.labelling.round_figures import Course, RoundFigures
from medopt.scene.plots import Chart, Series

Figure = Literal["score", "path", "seconds", "as_is"]
"""How near the proposals came, the edits, the seconds, and the share accepted as it was."""

_VALUES: dict[Figure, Callable[[RoundFigures], Estimate | None]] = {
    "score": lambda one: one.score,
    "path": lambda one: one.path,
    "seconds": lambda one: one.seconds,
    "as_is": lambda one: one.as_is,
}


def rounds_chart(course: Course, figure: Figure = "score") -> Chart:
    """One figure over the rounds: its mean as a line, its 95 % interval as dashes where there is one.

    Points carry the round and its n as their label. Round 0 are the cases without a proposal.
    """
    edits = "added path length (voxels)" if course.task == "segmentation" else "corrections"
    titles: dict[Figure, tuple[str, str]] = {
        "score": (f"Proposals before correction: {course.score_title}", course.score_title),
        "path": ("Edits a case", edits),
        "seconds": ("Time a case", "seconds"),
        "as_is": ("Accepted as they were", "share"),
    }
    known = [(one.round, found) for one in course.rounds if (found := _VALUES[figure](one)) is not None]
    title, unit = titles[figure]
    series = [
        Series(
            "mean",
            [number for number, _ in known],
            [found.mean for _, found in known],
            [f"round {number}, n = {found.n}" for number, found in known],
        )
    ]
    ends = [(number, found.low, found.high) for number, found in known if found.low is not None]
    if ends:
        places = [number for number, _, _ in ends]
        series.append(Series("95 % from", places, _numbers([low for _, low, _ in ends]), (), "dashes", "#9aa5b1"))
        series.append(Series("95 % to", places, _numbers([high for _, _, high in ends]), (), "dashes", "#9aa5b1"))
    bounded = figure in ("score", "as_is")
    return Chart(title, "round", unit, tuple(series), (0.0, 1.0) if bounded else None)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
