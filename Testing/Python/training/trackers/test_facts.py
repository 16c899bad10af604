"""Trackers hear numbers, nothing that could name a patient."""

from __future__ import annotations

import numpy as np

from medopt.training.trackers.facts import parameters, scalars


def test_numbers_pass_and_all_else_stays() -> None:
    fields = {
        "step": 3,
        "epoch": 0.5,
        "minutes": 1.0,
        "train_loss": np.float32(0.5),
        "validation_dice": 0.75,
        "validation_dice_by_structure": {"Front": 0.5, "Back": None},
        "text": "case-3 is left out",
        "worst": ["case-3"],
        "finished": True,
        "gone": float("nan"),
    }
    assert scalars(fields) == {"train_loss": 0.5, "validation_dice": 0.75, "validation_dice_by_structure/Front": 0.5}


def test_settings_have_dotted_names() -> None:
    settings = {"seed": 1, "training": {"patch": [8, 8, 8], "steps": None, "running": {"compile": "auto"}}}
    assert parameters(settings) == {"seed": "1", "training.patch": "[8, 8, 8]", "training.running.compile": "auto"}
