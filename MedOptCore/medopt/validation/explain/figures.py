"""From single maps to figures with intervals over subjects; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medopt.metrics.wilson import wilson_interval
from medopt.validation.explain.results import CaseMap, PointingRow, Rate, SanityRow
from medopt.validation.interval import FEWEST_SUBJECTS, too_few
from medopt.validation.statistics import bootstrap_mean

Compared = Sequence[tuple[str, float, float]]
"""(subject, rank correlation, SSIM) of each compared map."""


def mean_rate(values: Sequence[float], subjects: Sequence[str]) -> Rate:
    """The mean with its bootstrap interval over subjects."""
    found = bootstrap_mean(values, subjects)
    return Rate(found.estimate, found.low, found.high, found.n, found.n_subjects, found.refused)


def hit_rate(hits: Sequence[bool], subjects: Sequence[str]) -> Rate:
    """The share of hits: with Wilson's interval where each subject has one map, else that of the bootstrap, which
    keeps a subject's maps together.
    """
    people = len(set(subjects))
    if people < len(hits):
        return mean_rate([float(hit) for hit in hits], subjects)
    if people < FEWEST_SUBJECTS:
        share = sum(hits) / people if people else None
        return Rate(share, None, None, people, people, too_few(people))
    low, high = wilson_interval(sum(hits), people) or (None, None)
    return Rate(sum(hits) / people, low, high, people, people)


def pointing_rows(maps: Sequence[CaseMap]) -> tuple[PointingRow, ...]:
    """The pointing game of each class that has regions, in the order of its first map."""
    rows = []
    for name in dict.fromkeys(one.name for one in maps):
        known = [(one.pointed, one.subject) for one in maps if one.name == name and one.pointed is not None]
        if not known:
            continue
        subjects = [subject for _, subject in known]
        rows.append(
            PointingRow(
                name,
                hit_rate([pointed.hit for pointed, _ in known], subjects),
                mean_rate([pointed.inside for pointed, _ in known], subjects),
                sum(pointed.region for pointed, _ in known) / len(known),
            )
        )
    return tuple(rows)


def sanity_rows(steps: Mapping[str, Compared]) -> tuple[SanityRow, ...]:
    """Means over the compared maps of each step, in the order of the steps."""
    rows = []
    for step, found in steps.items():
        subjects = [subject for subject, _, _ in found]
        ranks, likeness = [value for _, value, _ in found], [value for _, _, value in found]
        rows.append(SanityRow(step, mean_rate(ranks, subjects), mean_rate(likeness, subjects)))
    return tuple(rows)
