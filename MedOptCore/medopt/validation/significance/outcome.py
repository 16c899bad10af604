"""What a test of a difference says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError

SEVERAL_CASES = "subjects have several cases, which this test would take as independent"
"""Why a test of independent cases is refused."""


@dataclass(frozen=True)
class Significance:
    """How surely two models differ.

    Parameters
    ----------
    test : a name of ``TESTS``
    p_value : two-sided; None when it is refused
    n : what the test counts as independent: subjects, cases or folds
    refused : why there is no p-value; "" when there is one
    """

    test: str
    p_value: float | None
    n: int
    refused: str = ""


def one_case_each(subjects: Sequence[str]) -> bool:
    """Whether every subject has one case."""
    return len(set(subjects)) == len(subjects)


def paired(first: ArrayLike, second: ArrayLike, subjects: Sequence[str]) -> tuple[NDArray, NDArray]:
    """Both as arrays; MedOptError unless there is one of each a case."""
    one, other = np.asarray(first), np.asarray(second)
    if one.ndim != 1 or one.shape != other.shape or len(one) != len(subjects):
        raise MedOptError(
            "the pairs do not fit",
            expected="a value of each model and a subject a case",
            found=f"shapes {one.shape} and {other.shape}, {len(subjects)} subjects",
        )
    return one, other
