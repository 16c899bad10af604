"""From probabilities to classes."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.image import ClassLabel, ClassScores


def test_exclusive_the_most_probable_and_on_a_tie_the_lower_value() -> None:
    assert ClassScores((3, 1, 2), (0.2, 0.4, 0.4)).label() == ClassLabel((1,))


def test_several_those_at_the_threshold_or_above() -> None:
    scores = ClassScores((1, 2, 3), (0.5, 0.49, 0.9), exclusive=False)
    assert scores.label() == ClassLabel((1, 3))
    assert scores.label(0.95) == ClassLabel(())


def test_one_probability_a_class() -> None:
    with pytest.raises(MedOptError, match="one probability for each of 2 classes, found 1"):
        ClassScores((1, 2), (1.0,))
