"""The head of whole images by hand."""

from __future__ import annotations

import torch

from medopt.networks import ResNet, build_network
from medopt.networks.encoder import ImageNetwork, pooled_linear


def test_the_mean_over_space_goes_through_one_linear_layer() -> None:
    torch.manual_seed(0)
    head = pooled_linear(4, 3, 3)
    x = torch.randn(2, 4, 3, 5, 2)
    torch.testing.assert_close(head(x), x.mean((2, 3, 4)) @ head[-1].weight.T + head[-1].bias)


def test_features_are_left_out_in_training_only() -> None:
    torch.manual_seed(0)
    network = build_network(ResNet(size="S", strides=((1, 2, 2),) * 5, dropout=0.5), 1, 2, 2, "image")
    assert any(isinstance(m, torch.nn.Dropout) for m in network.head.modules())
    head, features = network.head, torch.randn(1, 512, 2, 2)
    assert not torch.equal(head(features), head(features))
    head.eval()
    assert torch.equal(head(features), head(features))


def test_stages_follow_each_other() -> None:
    doubling = torch.nn.Upsample(scale_factor=2)
    network = ImageNetwork([doubling, torch.nn.ReLU(), doubling], torch.nn.Flatten())
    x = torch.randn(1, 1, 2, 2)
    assert torch.equal(network(x), x.clamp(min=0).repeat_interleave(4, 2).repeat_interleave(4, 3).flatten(1))
