"""Balance, loss and foreground follow the shares of the classes."""

from __future__ import annotations

import pytest

from medopt.project import ClassInfo
from medopt.tasks.losses import LossSettings, class_weights
from medopt.training.advice.labels import choose_balance, choose_foreground, choose_loss

CLASSES = [ClassInfo(value=v, name=name, color="#ffffff") for v, name in ((1, "Organ"), (5, "Lesion"))]


def test_cases_are_balanced_from_a_ratio_above_three() -> None:
    settings, reason = choose_balance({1: 30, 5: 10}, CLASSES)
    assert (settings.target, reason.rule, reason.figures["ratio"]) == (0, "balance.off", 3)
    settings, reason = choose_balance({1: 31, 5: 10}, CLASSES)
    assert (settings.target, reason.rule, reason.figures["ratio"]) == (0.5, "balance.rare", 3.1)
    assert "Cases with Organ are 3.1 times as many as cases with Lesion" in reason.why
    assert reason.figures["cases with Lesion"] == 10


def test_a_class_that_nobody_has_does_not_count() -> None:
    assert choose_balance({1: 30, 5: 0}, CLASSES)[0].target == 0
    assert choose_balance({1: 0, 5: 0}, CLASSES)[0].target == 0


def test_small_structures_get_tversky() -> None:
    fields, reason = choose_loss("segmentation", {1: 0.05, 5: 0.0009}, {}, CLASSES, exclusive=True)
    assert LossSettings(**fields).name == "tversky_ce"
    assert "Lesion fills 0.09 %" in reason.why
    fields, reason = choose_loss("segmentation", {1: 0.05, 5: 0.001}, {}, CLASSES, exclusive=True)
    assert (LossSettings(**fields), reason.rule) == (LossSettings(), "loss.default")


def test_uneven_exclusive_classes_of_images_are_weighted() -> None:
    assert choose_loss("classification", {}, {1: 40, 5: 10}, CLASSES, exclusive=True)[0] == {"name": "weighted_ce"}
    assert choose_loss("classification", {}, {1: 40, 5: 10}, CLASSES, exclusive=False)[0] == {}
    fields, reason = choose_loss("classification", {}, {1: 30, 5: 10}, CLASSES, exclusive=True)
    assert (fields, reason.rule) == ({"name": "weighted_ce", "balance_power": 1.0}, "loss.uneven")
    assert class_weights(LossSettings(**fields), ("a", "b"), counts=(30, 10)) == pytest.approx((2 / 3, 2))
    assert choose_loss("classification", {}, {1: 20, 5: 10}, CLASSES, exclusive=True)[0] == {}
    assert choose_loss("detection", {}, {1: 40, 5: 10}, CLASSES, exclusive=True)[0] == {}


def test_rare_labels_are_looked_for_more() -> None:
    assert choose_foreground("segmentation", {1: 0.0004, 5: 0.0005})[0] == 0.67
    assert choose_foreground("segmentation", {1: 0.0005, 5: 0.0005})[0] == 0.5
    assert choose_foreground("classification", {})[0] == 0.5
