from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.project import ClassInfo
from medopt.scene import label_from_segmentation, segmentation_from_label
from medopt.scene.classes import check_values, rgb

TERMINOLOGY = "list~SCT^123037004^Anatomical Structure~SCT^85151006^Hippocampus~^^~list~^^~^^"


def test_colours():
    assert rgb("#ff8000") == (1.0, 128 / 255, 0.0)
    assert rgb("#FF8000") == rgb("#ff8000")


@pytest.mark.parametrize("text", ["red", "#fff", "ff8000", "#ff80001", "#ff80zz", ""])
def test_what_is_no_colour(text):
    with pytest.raises(MedOptError, match='expected "#rrggbb"'):
        rgb(text)


def test_the_projects_classes_fit(scene, label):
    """The classes of project.yaml, a segment each, and back."""
    declared = [
        ClassInfo(value=7, name="Anterior", color="#e04030", terminology=TERMINOLOGY),
        ClassInfo(value=3, name="Posterior", color="#3060d0"),
    ]
    node = segmentation_from_label(scene, label, declared, "project")
    assert node.GetSegmentation().GetSegment("Segment_7").GetColor() == pytest.approx(declared[0].rgb)
    assert (label_from_segmentation(node, label.geometry, declared).array == label.array).all()


def test_values_outside_the_classes_are_named(classes):
    check_values([0, 3, 7], classes)
    check_values([], [])
    with pytest.raises(
        MedOptError, match=r"expected 7 \(Anterior\), 3 \(Posterior\), found -1, 12\. Correct the label"
    ):
        check_values([12, 0, 3, -1], classes)
