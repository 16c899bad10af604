"""How often each class is met in an epoch, before and after balancing, as a chart of bars."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.augment.balance import Balance
from medopt.scene.plots import Chart, Series


def balance_chart(balance: Balance, class_names: Sequence[str]) -> Chart:
    """Two bars a class, and a dashed line at the target that was asked for; without one the line is left out.

    Counts are cases an epoch, repeats counted. ``class_names`` stand in the order of the balance's classes.
    """
    places = list(range(len(class_names)))
    names = [str(name) for name in class_names]
    series = [
        Series("before", places, balance.before.tolist(), names, "bars", "#9aa5b1"),
        Series("after", places, balance.after.tolist(), names, "bars", "#0072b2"),
    ]
    if balance.settings.target > 0 and len(places) > 0:
        wanted = balance.settings.target * float(balance.after.max())
        series.append(Series("target", [-0.5, len(places) - 0.5], [wanted, wanted], style="dashes", color="#d55e00"))
    # MRML writes no words at the ticks of an axis: the title says which bar is which
    title = ", ".join(f"{place} {name}" for place, name in zip(places, names, strict=True))
    return Chart("Classes in an epoch", f"class: {title}", "cases an epoch", tuple(series))
