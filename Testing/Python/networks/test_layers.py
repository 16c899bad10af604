"""Layers against their definitions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medopt.networks.layers import (
    ConvolutionBlock,
    FineHead,
    Residual,
    SeparableBlock,
    average_pool,
    light_upsampling,
    max_pool,
    multiple_of_8,
)


@pytest.mark.parametrize(
    ("given", "expected"), [(3, 8), (8, 8), (12, 16), (11, 16), (16.8, 16), (44.8, 48), (1792, 1792), (100, 104)]
)
def test_widths_are_multiples_of_8_and_never_much_less(given: float, expected: int) -> None:
    assert multiple_of_8(given) == expected


def test_a_separable_convolution_is_a_plain_one_of_low_rank() -> None:
    torch.manual_seed(0)
    block = SeparableBlock(3, 5, 3, "batch", (1, 2, 2))
    plain = nn.Conv3d(3, 5, 3, (1, 2, 2), 1, bias=False)
    across, each = block.pointwise.weight, block.depthwise.weight
    plain.weight.data = across * each[:, 0]
    x = torch.randn(2, 3, 4, 6, 8)
    torch.testing.assert_close(block.pointwise(block.depthwise(x)), plain(x), rtol=1e-4, atol=1e-5)


def test_a_bias_stands_only_where_no_norm_follows() -> None:
    assert ConvolutionBlock(1, 2, 2, "none").convolution.bias is not None
    assert ConvolutionBlock(1, 2, 2, "batch").convolution.bias is None


def test_pooling_leaves_axes_that_are_not_reduced() -> None:
    x = torch.randn(1, 2, 4, 6, 8)
    pooled = max_pool(3, (1, 2, 2))(x)
    for k in range(4):
        torch.testing.assert_close(pooled[:, :, k], nn.functional.max_pool2d(x[:, :, k], 3, 2, 1))
    assert torch.equal(average_pool(3, (2, 1, 1))(x), (x[:, :, ::2] + x[:, :, 1::2]) / 2)
    assert isinstance(max_pool(2, (1, 1, 1)), nn.Identity)
    assert isinstance(average_pool(3, (1, 1, 1)), nn.Identity)


def test_light_upsampling_repeats_voxels() -> None:
    up = light_upsampling(2, 3, 3, (1, 2, 2))
    x = torch.randn(1, 2, 2, 3, 4)
    torch.testing.assert_close(up(x), up[0](x).repeat_interleave(2, 3).repeat_interleave(2, 4))
    assert tuple(light_upsampling(2, 3, 2, (1, 1, 1))(x[:, :, 0]).shape) == (1, 3, 3, 4)


def test_shortcuts_are_added_before_the_activation() -> None:
    x = torch.randn(4)
    assert torch.equal(Residual(nn.Identity(), None, nn.ReLU())(x), (2 * x).clamp(min=0))


def test_activations_of_classifiers_leave_their_input() -> None:
    block = ConvolutionBlock(1, 2, 2, "batch", activation="relu")
    seen = []
    block.norm.register_forward_hook(lambda _m, _i, out: seen.append((out, out.clone())))
    block(torch.randn(2, 1, 4, 4))
    assert torch.equal(*seen[0])


def test_a_fine_head_weighs_the_image_by_the_maps_below() -> None:
    """Logits on the image's grid, and the image's part in them depends on the maps: it is not just added."""
    torch.manual_seed(0)
    made = FineHead(6, 3, 3, "batch", (1, 2, 2), channels=1, maps=7).eval()
    images = torch.randn(2, 1, 4, 8, 8)
    low, high = torch.randn(2, 6, 4, 4, 4), torch.randn(2, 6, 4, 4, 4)
    with torch.no_grad():
        assert made(low, images).shape == (2, 3, 4, 8, 8)
        by_image = [made(maps, images) - made(maps, torch.zeros_like(images)) for maps in (low, high)]
    assert (by_image[0] - by_image[1]).abs().mean() > 0.05 * by_image[0].abs().mean()
