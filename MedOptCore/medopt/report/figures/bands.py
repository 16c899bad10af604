"""What curves over a score share: which classes are drawn, how, and the band of a curve over resamples of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from medopt.report.palette import MUTED
from medopt.report.text import interval, number, plain, shorten
from medopt.validation import AnyResults, ClassResults, Structure, SummaryRow
from medopt.validation.resampling import Statistic, resample
from medopt.validation.statistics import FEWEST_SUBJECTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES = 8
"""So many classes are drawn at most."""
MOST_BANDS = 3
"""With more curves than this, bands would hide each other and are left out."""
SAMPLES = 1000
"""Resamples of a band; it is drawn, not read off."""
STYLES = ("-", "--", "-.", ":")
"""Of lines, so that no curve depends on its colour alone."""


def shown_classes(results: AnyResults) -> tuple[Structure, ...]:
    """The classes that figures show; of two exclusive ones the second, since the first is its mirror image."""
    if isinstance(results, ClassResults) and results.exclusive and len(results.structures) == 2:
        return results.structures[1:]
    return results.structures[:MOST_CLASSES]


def curve_band(
    statistic: Statistic, subjects: Sequence[str], results: AnyResults, *, width: int = 0
) -> tuple[NDArray, NDArray] | None:
    """The lower and upper end of each number of ``statistic``, point by point; None below five subjects."""
    if len(set(subjects)) < FEWEST_SUBJECTS:
        return None
    settings = results.settings.bootstrap.model_copy(update={"samples": SAMPLES})
    replicates = resample(statistic, subjects, settings, width=width).replicates
    defined = replicates[np.isfinite(replicates).all(axis=1)]
    if len(defined) < SAMPLES / 2:
        return None
    tail = (1 - settings.level) / 2
    low, high = np.quantile(defined, (tail, 1 - tail), axis=0)
    return low, high


def legend_entry(name: str, row: SummaryRow, n: str) -> str:
    """``Ill 0.912 [0.854, 0.951], n = 28``."""
    value = f"{number(row.estimate, 3)} {interval(row.low, row.high, 3)}".strip()
    return f"{shorten(plain(name), 18)} {value}, {n}"


def quiet_legend(axes: Axes, place: Literal["lower left", "lower right", "upper center"]) -> None:
    """A legend without a frame in quiet colours; none without curves."""
    if not axes.get_legend_handles_labels()[0]:
        return
    axes.legend(loc=place, frameon=False, labelcolor=MUTED, fontsize=8.5, handlelength=2.2)
