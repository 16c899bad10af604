"""Loss and the score of the validation cases over the minutes of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.figures.labels import label_ends
from medopt.report.palette import INK, LINE, MUTED
from medopt.report.record import Record
from medopt.report.text import number, plain, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(record: Record) -> Drawing | None:
    """Two panels, loss and validation score, against minutes; None when training told no numbers."""
    history = record.history
    losses, scores = history.known("train_loss"), history.known("score")
    if not losses and not scores:
        return None

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharex=True)
        _losses(left, record)
        _score(right, record)
        for axes in (left, right):
            quiet_axes(axes, grid="y")
            axes.set_xlabel("minutes of training")
            axes.set_xlim(left=0)

    n = record.subjects.get("validation")
    seen = f" on {n} subjects" if n else ""
    title = history.score_title
    whole = "whole volumes without augmentation, by structure" if title == "Dice" else "without augmentation, by class"
    return Drawing(
        WIDTH,
        3.3,
        paint,
        f"Left: loss on augmented training patches, each point and its running mean. Right: {title}{seen} of the "
        f"validation part, {whole}; the dotted line marks the weights that "
        f"were kept as best. The validation part chose these weights, so its {title} is no estimate for new subjects.",
    )


def _losses(axes: Axes, record: Record) -> None:
    axes.set_title("Loss")
    train = record.history.known("train_loss")
    ends = []
    if train:
        minutes, values = zip(*train, strict=True)
        smooth = running_mean(list(values), max(1, len(values) // 25))
        axes.plot(minutes, values, color=LINE, linewidth=0.9)
        axes.plot(minutes, smooth, color=INK, linewidth=1.6)
        ends.append((minutes[-1], smooth[-1], "training", INK))
    validation = record.history.known("validation_loss")
    if validation:
        minutes, values = zip(*validation, strict=True)
        axes.plot(minutes, values, color=MUTED, linewidth=1.4, marker="o", markersize=3.5, linestyle="--")
        ends.append((minutes[-1], values[-1], "validation", MUTED))
    label_ends(axes, ends)


def _score(axes: Axes, record: Record) -> None:
    history = record.history
    axes.set_title(f"Validation {history.score_title}")
    mean = history.known("score")
    if not mean:
        axes.text(0.5, 0.5, "no validation during training", ha="center", color=MUTED, transform=axes.transAxes)
        axes.set_yticks([])
        return
    names = list(dict.fromkeys(name for point in history.points for name in point.structures))
    ends = []
    for name in names:
        look = record.look_of(name)
        minutes, values = zip(*history.structure(name), strict=True)
        axes.plot(minutes, values, color=look.color, linewidth=1.5, marker=look.marker, markersize=4)
        ends.append((minutes[-1], values[-1], shorten(plain(name), 20), look.color))
    if len(names) != 1:
        minutes, values = zip(*mean, strict=True)
        axes.plot(minutes, values, color=INK, linewidth=1.8)
        ends.append((minutes[-1], values[-1], "mean", INK))
    best = max(mean, key=lambda pair: pair[1])
    axes.axvline(best[0], color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
    low = min([value for _, value in mean] + [value for point in history.points for value in point.structures.values()])
    axes.set_ylim(max(0.0, low - 0.06), 1.0)
    axes.annotate(
        f"best {number(best[1], 3)}",
        (best[0], axes.get_ylim()[0]),
        xytext=(-4, 4),
        textcoords="offset points",
        ha="right",
        color=MUTED,
        fontsize=8,
    )
    label_ends(axes, ends)


def running_mean(values: list[float], width: int) -> list[float]:
    """Means over up to ``width`` values on either side of each."""
    return [
        sum(window) / len(window)
        for window in (values[max(0, index - width) : index + width + 1] for index in range(len(values)))
    ]
