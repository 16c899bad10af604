"""SqueezeNet as published, without the norms that MedOpt adds; logits of both signs; bypasses that do something."""

from __future__ import annotations

import pytest
import torch

from medopt.networks import SqueezeNet, build_network

STRIDES = ((1, 2, 2),) * 4


@pytest.mark.parametrize(("size", "parameters"), [("S", 1_235_496), ("M", 1_248_424), ("L", 1_248_424)])
def test_it_has_as_many_weights_as_published(classifier, size, parameters) -> None:
    assert classifier("squeezenet", size=size, norm="none").parameters == parameters


def test_version_1_1_takes_about_2_4_times_less_work(classifier) -> None:
    older, newer = (classifier("squeezenet", size=size, norm="none").multiply_adds for size in "MS")
    assert older / newer == pytest.approx(2.35, abs=0.1)


def test_logits_have_both_signs() -> None:
    torch.manual_seed(0)
    network = build_network(SqueezeNet(strides=STRIDES), 1, 8, 2, "image")
    logits = network(torch.randn(4, 1, 32, 32))
    assert logits.min() < 0 < logits.max()


def test_a_bypass_adds_the_input_of_a_module() -> None:
    torch.manual_seed(0)
    plain = build_network(SqueezeNet(size="M", strides=STRIDES), 1, 2, 2, "image").eval()
    bypassed = build_network(SqueezeNet(size="L", strides=STRIDES), 1, 2, 2, "image").eval()
    for ours, theirs in zip(bypassed.parameters(), plain.parameters(), strict=True):
        ours.data.copy_(theirs.data)
    x = torch.randn(1, 1, 32, 32)
    assert (bypassed(x) - plain(x)).abs().max() > 1e-4
    modules = [m for m in bypassed.modules() if type(m).__name__ == "Residual"]
    assert len(modules) == 4  # fire 3, 5, 7 and 9
    features = torch.randn(1, 128, 4, 4)
    torch.testing.assert_close(modules[0](features), modules[0].body(features) + features)
