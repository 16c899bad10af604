"""Classified cases as arrays, and which of them enter a metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.validation.class_results import ClassCase
from medopt.validation.table import MEAN

Key = tuple[str, str]
"""Class or ``MEAN``, and metric."""


@dataclass(frozen=True, eq=False)
class ClassTable:
    """Cases as arrays.

    Parameters
    ----------
    names : of the classes
    truth, judged, predicted : (cases, classes) bool
    sure : (cases, classes) probabilities
    subjects : (cases,) names
    """

    names: tuple[str, ...]
    truth: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    sure: NDArray[np.float64]
    subjects: NDArray[np.str_]

    @classmethod
    def of(cls, cases: Sequence[ClassCase], names: Sequence[str]) -> ClassTable:
        """The table of scored cases."""
        shape = (len(cases), len(names))
        return cls(
            tuple(names),
            np.array([[n in case.present for n in names] for case in cases], bool).reshape(shape),
            np.array([[n not in case.unjudged for n in names] for case in cases], bool).reshape(shape),
            np.array([[n in case.predicted for n in names] for case in cases], bool).reshape(shape),
            np.array([[case.probabilities[n] for n in names] for case in cases], float).reshape(shape),
            np.array([case.subject for case in cases], str),
        )


def denominator(table: ClassTable, key: Key) -> NDArray[np.bool_]:
    """(cases,) which cases enter a metric of a class or of ``MEAN``."""
    structure, metric = key
    if structure == MEAN:
        return np.asarray(table.judged.any(axis=1), bool)
    c = table.names.index(structure)
    members = {
        "sensitivity": table.truth[:, c],
        "specificity": ~table.truth[:, c],
        "ppv": table.predicted[:, c],
        "npv": ~table.predicted[:, c],
    }
    return np.asarray(table.judged[:, c] & members.get(metric, np.ones(len(table.subjects), bool)))


def is_right(table: ClassTable, structure: str) -> NDArray[np.bool_]:
    """(cases,) whether the model is right about a class, or about the one class of a case (``MEAN``)."""
    if structure == MEAN:
        return np.asarray(table.truth.argmax(axis=1) == table.predicted.argmax(axis=1))
    c = table.names.index(structure)
    return np.asarray(table.truth[:, c] == table.predicted[:, c])
