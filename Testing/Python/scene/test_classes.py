from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.scene.classes import check_values, rgb


def test_colours():
    assert rgb("#ff8000") == (1.0, 128 / 255, 0.0)
    assert rgb("#FF8000") == rgb("#ff8000")


@pytest.mark.parametrize("text", ["red", "#fff", "ff8000", "#ff80001", "#ff80zz", ""])
def test_what_is_no_colour(text):
    with pytest.raises(MedOptError, match='expected "#rrggbb"'):
        rgb(text)


def test_values_outside_the_classes_are_named(classes):
    check_values([0, 3, 7], classes)
    check_values([], [])
    with pytest.raises(
        MedOptError, match=r"expected 7 \(Anterior\), 3 \(Posterior\), found -1, 12\. Correct the label"
    ):
        check_values([12, 0, 3, -1], classes)
