"""The cohort as a chart of points with the cases to label first; a point names its case."""

from __future__ import annotations

from medopt.labelling.cohort_map import CohortMap, Role
from medopt.scene.plots import Chart, Series

_LOOKS: tuple[tuple[Role, str, str], ...] = (
    ("other", "other", "#9aa5b1"),
    ("repeated", "same image as another", "#000000"),
    ("labelled", "labelled", "#009e73"),
    ("chosen", "core set", "#d55e00"),
    ("added", "added by hand", "#cc79a7"),
)
"""Role, its name in the legend and its colour; later ones are drawn over earlier ones."""


def core_set_chart(cohort: CohortMap) -> Chart:
    """One cloud of points a role, at the places of the map; roles that no case has are left out.

    A point's label is its case id, so that a click in the plot finds the case. The core set stands in the order in
    which to label.
    """
    series = []
    for role, name, color in _LOOKS:
        mine = sorted((point for point in cohort.points if point.role == role), key=lambda p: (p.number, p.case_id))
        if mine:
            places = [point.x for point in mine], [point.y for point in mine]
            series.append(Series(f"{name} (n = {len(mine)})", *places, [p.case_id for p in mine], "points", color))
    return Chart("Cohort and core set", "first principal component", "second principal component", tuple(series))
