"""What a recipe may say of transfer."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.training.transfer import TransferSettings


def test_a_source_is_enough() -> None:
    settings = TransferSettings.parse({"source": "run-001"}, "transfer")
    assert (settings.weights, settings.freeze, settings.thaw, settings.layer_decay) == ("best", "nothing", 1.0, 1.0)
    assert TransferSettings.parse({"source": "x", "freeze": 2}, "transfer").freeze == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "source"),
        ({"source": ""}, "source"),
        ({"source": "x", "freeze": "decoder"}, "freeze"),
        ({"source": "x", "freeze": -1}, "freeze"),
        ({"source": "x", "freeze": True}, "freeze"),
        ({"source": "x", "thaw": 1.5}, "thaw"),
        ({"source": "x", "layer_decay": 0}, "layer_decay"),
        ({"source": "x", "warmup": 1}, "warmup"),
        ({"source": "x", "weights": "first"}, "weights"),
        ({"source": "x", "lr": 1}, "lr"),
    ],
)
def test_wrong_values_are_named(values: dict, field: str) -> None:
    with pytest.raises(MedOptError, match=field):
        TransferSettings.parse(values, "transfer")
