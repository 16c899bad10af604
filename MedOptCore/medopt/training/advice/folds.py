"""How many folds a cross-validation should have, and what that means."""

from __future__ import annotations

import math

from scipy.special import stdtrit

from medopt.training.advice.records import Figure, Reason

USUAL = 5
"""Folds where there are as many subjects."""
DEVIATIONS = {"segmentation": ("Dice", 0.05), "classification": ("accuracy", 0.3), "detection": ("boxes found", 0.2)}
"""Measure of each task and the standard deviation between subjects that widths of intervals assume. Of Dice it is 0.03
for whole organs in MR of one kind (hippocampus, 260 cases) and 0.1 to 0.2 for lesions; 0.3 is that of an accuracy of
0.9, one answer a subject."""


def half_width(subjects: int, deviation: float) -> float | None:
    """Half the width of a 95 % interval of a mean over ``subjects``, by Student's t; None for fewer than 2."""
    if subjects < 2:
        return None
    return float(stdtrit(subjects - 1, 0.975) * deviation / math.sqrt(subjects))


def choose_folds(task: str, subjects: int, held_out: int, minutes: float | None) -> Reason | None:
    """k for ``subjects`` of the training and validation parts, beside a test part of ``held_out``.

    ``minutes`` are those of one training. None for fewer than 2 subjects, which cannot be divided.
    """
    if subjects < 2:
        return None
    k = min(USUAL, subjects)
    figures: dict[str, Figure] = {
        "subjects": subjects,
        "training_share": round((k - 1) / k, 3),
        "subjects_judged": subjects,
        "subjects_of_the_test_part": held_out,
    }
    if minutes is not None:
        figures["minutes_in_all"] = round(k * minutes, 1)
    measure, deviation = DEVIATIONS[task]
    narrow = half_width(subjects, deviation)
    figures["assumed_deviation"] = deviation
    for name, half in (("half_width", narrow), ("half_width_on_the_test_part", half_width(held_out, deviation))):
        if half is not None:
            figures[name] = round(half, 4)
    time = "" if minutes is None else f", {k * minutes:g} minutes in all"
    width = "" if narrow is None else f" within about ±{100 * narrow:.1f} points of {measure}"
    why = (
        f"{k} trainings, each on {100 * (k - 1) / k:.0f} % of the subjects, judge all {subjects} subjects{width}{time}."
    )
    if k < USUAL:
        return Reason("folds", k, why + " With so few subjects each is left out once.", figures, "folds.leave_one_out")
    return Reason("folds", k, why, figures, "folds.five")
