"""Arithmetic that tasks share; numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.project import ClassInfo


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over axis 1, stable, float32."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logistic function, stable, float32."""
    return (0.5 * (1 + np.tanh(0.5 * np.asarray(logits, np.float32)))).astype(np.float32)


def which_judged(classes: Sequence[ClassInfo], unjudged: Sequence[int]) -> NDArray[np.bool_]:
    """(classes,) True where somebody looked for the class."""
    return np.array([info.value not in unjudged for info in classes], bool)


def mean_by_class(names: Sequence[str], values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each name over those mappings that hold it; names that none holds are absent."""
    found = {name: [v[name] for v in values if name in v] for name in names}
    return {name: sum(v) / len(v) for name, v in found.items() if v}
