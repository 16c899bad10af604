"""The rows of a comparison of two models on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medopt.validation.significance import holm


@dataclass(frozen=True)
class PairedRow:
    """A metric of one structure for two models on the same cases.

    Parameters
    ----------
    structure, metric : what is compared; the structure by name or ``MEAN``
    first, second : over the shared cases for each model, None when it is not defined
    difference : ``second`` minus ``first``
    low, high : bootstrap interval of the difference over subjects; None when it is refused
    p_value : two-sided, of ``test``; None when it is refused
    n, n_subjects : cases that have a value for both models, and their subjects
    excluded : cases that lack one, or that only one of the models was given
    note : why there is no interval or no p-value, "" when there are
    test : how the p-value was made, a name of ``medopt.validation.significance.TESTS``
    p_adjusted : the p-value after Holm's adjustment for all rows of the comparison
    """

    structure: str
    metric: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    n: int
    n_subjects: int
    excluded: int
    note: str = ""
    test: str = "bootstrap"
    p_adjusted: float | None = None


def adjusted(rows: Sequence[PairedRow]) -> tuple[PairedRow, ...]:
    """The rows with the p-values that Holm's method gives them, all of them being one family.

    Rows that tell the same, such as the mean over one structure, count once.
    """
    same = {_numbers(row): row.p_value for row in rows}
    found = dict(zip(same, holm(list(same.values())), strict=True))
    return tuple(replace(row, p_adjusted=found[_numbers(row)]) for row in rows)


def _numbers(row: PairedRow) -> PairedRow:
    return replace(row, structure="", p_adjusted=None, note="")
