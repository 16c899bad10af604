"""The cohort as a map with the cases to label first, and how well they cover it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, LINE, MUTED, PAPER, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from medopt.labelling.cohort_map import CohortMap, CohortPoint

NUMBERED = 40
"""Cases of a core set up to which each shows its place."""
STRATA = 8
"""Strata up to which each has a colour of its own."""


def draw_core_set(cohort: CohortMap) -> Drawing | None:
    """Every case as a point tied to the case that stands for it; beside it the coverage case by case.

    None when there are no cases.
    """
    if not cohort.points:
        return None

    def paint(figure: Figure) -> None:
        if cohort.steps:
            left, right = figure.subplots(1, 2, width_ratios=(1.7, 1))
            _curve(right, cohort)
        else:
            left = figure.subplots()
        _map(left, cohort)

    core = sum(point.role in ("chosen", "added") for point in cohort.points)
    caption = (
        f"{len(cohort.points)} cases; alike images lie near each other (first two principal components of descriptors "
        f"of intensities, low-resolution picture, gradients, extent). Numbered: the core set of {core}, in the order "
        "in which to label; thin lines tie each case to the labelled or chosen one that is most like it."
    )
    if cohort.steps:
        caption += (
            " Right: mean distance of a case to the nearest labelled or chosen one; the band holds the middle 90 % of "
            "random choices."
        )
    return Drawing(WIDTH, 4.6, paint, caption)


def _map(axes: Axes, cohort: CohortMap) -> None:
    place = {point.case_id: point for point in cohort.points}
    for point in cohort.points:
        if point.nearest is not None and point.nearest != point.case_id:
            other = place[point.nearest]
            axes.plot([point.x, other.x], [point.y, other.y], color=LINE, linewidth=0.6, zorder=1)
    strata = sorted({point.stratum for point in cohort.points})
    coloured = 1 < len(strata) <= STRATA

    def color(point: CohortPoint) -> str:
        return look(strata.index(point.stratum)).color if coloured else look(0).color

    for point in cohort.points:
        if point.role in ("other", "repeated"):
            edge = color(point) if coloured else MUTED
            marker, size = ("o", 4) if point.role == "other" else ("x", 4)
            axes.plot(
                [point.x], [point.y], marker, markersize=size, markeredgecolor=edge, markerfacecolor="none", zorder=2
            )
    for point in cohort.points:
        if point.role == "labelled":
            axes.plot([point.x], [point.y], "s", markersize=6, color=INK, zorder=3)
    numbered = sum(point.role in ("chosen", "added") for point in cohort.points) <= NUMBERED
    for point in sorted(cohort.points, key=lambda point: -point.number):
        if point.role not in ("chosen", "added"):
            continue
        marker = "o" if point.role == "chosen" else "D"
        axes.plot(
            [point.x],
            [point.y],
            marker,
            markersize=13 if numbered else 7,
            color=color(point),
            markeredgecolor=PAPER,
            zorder=4,
        )
        if numbered:
            options: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": 7.5, "fontweight": "bold"}
            axes.annotate(str(point.number), (point.x, point.y), color="white", zorder=5, **options)
    _legend(axes, cohort, strata if coloured else [])
    axes.set_title("The cohort")
    axes.set_xlabel("first principal component")
    axes.set_ylabel("second principal component")
    quiet_axes(axes, grid="both")


def _legend(axes: Axes, cohort: CohortMap, strata: list[str]) -> None:
    """What each mark means, and how often it is met, below the map."""
    from matplotlib.lines import Line2D

    marks = (
        ("chosen", "core set", "o", look(0).color, True),
        ("added", "added by hand", "D", look(0).color, True),
        ("labelled", "labelled", "s", INK, True),
        ("repeated", "same image as another", "x", MUTED, False),
        ("other", "other", "o", MUTED, False),
    )
    handles = []
    for role, name, marker, hue, filled in marks:
        count = sum(point.role == role for point in cohort.points)
        if count:
            color = INK if strata and filled else hue
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="none",
                    marker=marker,
                    markeredgecolor=color,
                    markerfacecolor=color if filled else "none",
                    label=f"{name} (n = {count})",
                )
            )
    for n, stratum in enumerate(strata):
        handles.append(Line2D([], [], linestyle="none", marker="o", color=look(n).color, label=stratum or "unknown"))
    columns: dict[str, Any] = {"ncols": 4, "loc": "upper center", "bbox_to_anchor": (0.5, -0.14)}
    axes.legend(handles=handles, frameon=False, fontsize=8, handletextpad=0.2, columnspacing=1.0, **columns)


def _curve(axes: Axes, cohort: CohortMap) -> None:
    from matplotlib.ticker import MaxNLocator

    counts = [step.count for step in cohort.steps]
    random = look(1).color
    axes.fill_between(
        counts, [s.low for s in cohort.steps], [s.high for s in cohort.steps], color=random, alpha=0.15, lw=0
    )
    axes.plot(counts, [step.random for step in cohort.steps], color=random, linewidth=1.4, linestyle="--")
    axes.plot(counts, [step.chosen for step in cohort.steps], color=look(0).color, linewidth=1.8)
    last = cohort.steps[-1]
    if len(counts) == 1:
        axes.plot(counts, [last.random], "o", color=random)
        axes.plot(counts, [last.chosen], "o", color=look(0).color)
    for value, text, hue in ((last.random, "random", random), (last.chosen, "core set", look(0).color)):
        axes.annotate(
            f"{text} {value:.2f}",
            (last.count, value),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=hue,
            fontweight="bold",
            annotation_clip=False,
        )
    axes.set_title("Coverage")
    axes.set_xlabel("cases chosen")
    axes.set_ylabel("mean distance to the nearest")
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))
    quiet_axes(axes, grid="y")
