"""What the checks say, in words; needs no torch."""

from __future__ import annotations

from medopt.validation.explain.results import Explanation, PointingRow, Rate

ALIKE = 0.5
"""Rank correlation at which half of the order of a map's voxels comes from elsewhere than the learned weights. No
threshold is published: Adebayo et al. (2018) show the curve and leave the judgement to the reader."""


def sanity_verdict(explanation: Explanation) -> str:
    """One sentence on whether the maps depend on what the network learned.

    They do when the interval of the mean rank correlation with the maps of the network with random weights lies
    below ``ALIKE``, they do not when it lies above; else the cases are too few to tell.
    """
    if not explanation.sanity:
        return "The randomisation check was not made, so it is not known whether these maps depend on the training."
    rate = explanation.sanity[-1].spearman
    figure = f"rank correlation with the maps of a network with random weights {told(rate)}"
    if rate.estimate is None or rate.low is None or rate.high is None:
        return f"Too few subjects to tell whether these maps depend on what the network learned: {figure}."
    if rate.high < ALIKE:
        return f"These maps depend on what the network learned: {figure}."
    if rate.low > ALIKE:
        return (
            f"These maps do not depend on what the network learned: {figure}. A network that learned nothing gives "
            "nearly the same maps; they say nothing about this one."
        )
    return f"It cannot be told whether these maps depend on what the network learned: {figure}."


def pointing_verdict(row: PointingRow) -> str:
    """One sentence on the pointing game of a class."""
    sentence = (
        f"{row.name}: the largest value lies in the reference in {told(row.hits)}; chance would give {row.chance:.2f}."
    )
    if row.hits.low is None or row.hits.high is None:
        return sentence
    if row.hits.low > row.chance:
        return f"{sentence} The maps point there more often than chance."
    return f"{sentence} That is no better than chance."


def told(rate: Rate) -> str:
    """``0.12 [0.05, 0.20], n = 20``, with subjects where they differ."""
    if rate.estimate is None:
        return "unknown, n = 0"
    interval = "" if rate.low is None or rate.high is None else f" [{rate.low:.2f}, {rate.high:.2f}]"
    subjects = "" if rate.n_subjects == rate.n else f" of {rate.n_subjects} subjects"
    return f"{rate.estimate:.2f}{interval}, n = {rate.n}{subjects}"
