"""ShuffleNetV2 as published, in numbers of weights and of multiplications; the shuffle by hand."""

from __future__ import annotations

import pytest
import torch

from medopt.networks.shufflenet_v2 import HalfPassed, Shuffle


@pytest.mark.parametrize(
    ("settings", "parameters", "giga"),
    [
        ({"size": "S"}, 1_366_792, 0.040),
        ({"size": "M"}, 2_278_604, 0.145),
        ({"width": 1.5}, 3_503_624, 0.296),
        ({"size": "L"}, 7_393_996, 0.583),
    ],
)
def test_it_is_as_large_as_published(classifier, settings, parameters, giga) -> None:
    found = classifier("shufflenet_v2", **settings)
    assert found.parameters == parameters
    assert found.multiply_adds / 1e9 == pytest.approx(giga, abs=5e-4)


@pytest.mark.parametrize("dims", [2, 3])
def test_maps_of_both_halves_take_turns(dims: int) -> None:
    x = torch.randn(2, 6, *(3, 4, 5)[3 - dims :])
    assert torch.equal(Shuffle()(x), x[:, [0, 3, 1, 4, 2, 5]])
    assert torch.equal(Shuffle()(x), torch.nn.ChannelShuffle(2)(x))


def test_half_of_the_maps_pass() -> None:
    x = torch.randn(1, 4, 3, 3)
    changed = HalfPassed(torch.nn.ReLU())(x)
    assert torch.equal(changed[:, :2], x[:, :2])
    assert torch.equal(changed[:, 2:], x[:, 2:].clamp(min=0))
