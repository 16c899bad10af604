"""Classes of an image as a whole."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.image import ClassLabel


def test_values_are_ascending_and_once() -> None:
    label = ClassLabel((5, 2, 5), unjudged=(9, 1))
    assert label.values() == [2, 5]
    assert label.unjudged == (1, 9)


def test_equal_whatever_the_order() -> None:
    assert ClassLabel((3, 1)) == ClassLabel((1, 3))


def test_a_class_is_not_both() -> None:
    with pytest.raises(MedOptError, match="both present and not judged"):
        ClassLabel((1, 2), unjudged=(2,))
