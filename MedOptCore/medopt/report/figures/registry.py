"""The figures by name: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from medopt.report.figures import (
    box_curves,
    case_order,
    class_curves,
    class_histograms,
    confusion,
    external_change,
    external_shift,
    learning_curves,
    metric_strips,
    reliability,
    subgroups,
    volume_agreement,
)
from medopt.report.figures.canvas import Drawing
from medopt.report.record import Record


@dataclass(frozen=True)
class FigureKind:
    """A figure that any run may have.

    ``draw`` gives None when the record lacks what the figure shows.
    """

    name: str
    title: str
    draw: Callable[[Record], Drawing | None]


FIGURES: Mapping[str, FigureKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            FigureKind("learning-curves", "Learning curves", learning_curves.draw),
            FigureKind("class-curves", "Curves over the threshold", class_curves.draw),
            FigureKind("confusion", "Confusion of classes", confusion.draw),
            FigureKind("class-histograms", "How sure the model is", class_histograms.draw),
            FigureKind("reliability", "Whether probabilities hold", reliability.draw),
            FigureKind("box-curves", "Curves over the score", box_curves.draw),
            FigureKind("case-order", "Every case, from worst to best", case_order.draw),
            FigureKind("metric-strips", "Every metric, every case", metric_strips.draw),
            FigureKind("volume-agreement", "Volumes", volume_agreement.draw),
            FigureKind("subgroups", "Each group", subgroups.draw),
            FigureKind("external-change", "Internal beside external", external_change.draw),
            FigureKind("external-shift", "How the images differ", external_shift.draw),
        )
    }
)
"""Every figure by its name, in the order of the report."""
