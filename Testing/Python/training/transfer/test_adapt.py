"""Weights made to fit, against closed forms: what the adapted layer gives is what the source's layer gave."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from medopt.training.transfer.adapt import (
    deflate,
    deflate_transposed,
    inflate,
    inflate_transposed,
    match_rows,
    mix_inputs,
)


def slice_and_volume(channels: int = 3, slices: int = 9) -> tuple[torch.Tensor, torch.Tensor]:
    """A slice (1, channel, j, i), and the volume (1, channel, k, j, i) of equal slices."""
    plane = torch.randn(1, channels, 12, 10, dtype=torch.float64)
    return plane, plane.unsqueeze(2).expand(-1, -1, slices, -1, -1)


@pytest.mark.parametrize("how", ["centre", "repeat"])
@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_an_inflated_kernel_gives_the_response_of_the_slice_on_equal_slices(how, depth: int) -> None:
    kernel = torch.randn(4, 3, 3, 3, dtype=torch.float64)
    plane, volume = slice_and_volume()
    wanted = F.conv2d(plane, kernel, padding=1)
    found = F.conv3d(volume, inflate(kernel, depth, how), padding=(depth // 2, 1, 1))
    inner = found[:, :, depth : 9 - depth]
    torch.testing.assert_close(inner, wanted.unsqueeze(2).expand_as(inner))


def test_in_the_middle_plane_each_slice_of_any_volume_gives_what_the_2d_network_saw() -> None:
    kernel = torch.randn(4, 3, 3, 3, dtype=torch.float64)
    volume = torch.randn(1, 3, 7, 12, 10, dtype=torch.float64)
    found = F.conv3d(volume, inflate(kernel, 3, "centre"), padding=1)
    for k in range(7):  # the first and last slice included
        torch.testing.assert_close(found[:, :, k], F.conv2d(volume[:, :, k], kernel, padding=1))
    repeated = F.conv3d(volume, inflate(kernel, 3, "repeat"), padding=1)
    mean = volume[:, :, 2:5].mean(dim=2)
    torch.testing.assert_close(repeated[:, :, 3], F.conv2d(mean, kernel, padding=1))


def test_a_deflated_kernel_gives_on_a_slice_what_equal_slices_gave() -> None:
    kernel = torch.randn(4, 3, 5, 3, 3, dtype=torch.float64)
    plane, volume = slice_and_volume()
    inner = F.conv3d(volume, kernel, padding=(2, 1, 1))[:, :, 4]
    torch.testing.assert_close(F.conv2d(plane, deflate(kernel), padding=1), inner)


@given(depth=st.integers(1, 5), how=st.sampled_from(["centre", "repeat"]))
def test_there_and_back_is_the_same(depth: int, how) -> None:
    kernel = torch.randn(2, 3, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(deflate(inflate(kernel, depth, how)), kernel)


@pytest.mark.parametrize(("depth", "stride"), [(2, 2), (4, 2), (3, 2), (3, 1), (1, 1)])
def test_upsampling_keeps_equal_slices_equal_and_their_size(depth: int, stride: int) -> None:
    kernel = torch.randn(3, 4, 2, 2, dtype=torch.float64)
    plane, volume = slice_and_volume()
    wanted = F.conv_transpose2d(plane, kernel, stride=2)
    found = F.conv_transpose3d(volume, inflate_transposed(kernel, depth, stride), stride=(stride, 2, 2))
    inner = found[:, :, depth : found.shape[2] - depth]
    torch.testing.assert_close(inner, wanted.unsqueeze(2).expand_as(inner))


def test_upsampling_without_overlap_in_2d_gives_the_mean_over_the_slices_that_it_made() -> None:
    kernel = torch.randn(3, 4, 2, 2, 2, dtype=torch.float64)
    plane, volume = slice_and_volume()
    made = F.conv_transpose3d(volume, kernel, stride=2)[:, :, 4:6]
    torch.testing.assert_close(F.conv_transpose2d(plane, deflate_transposed(kernel, 2), stride=2), made.mean(dim=2))


def test_a_grey_image_gives_what_colour_gave_on_the_repeated_image() -> None:
    kernel = torch.randn(8, 3, 7, 7, dtype=torch.float64)
    grey = torch.randn(2, 1, 20, 20, dtype=torch.float64)
    wanted = F.conv2d(grey.expand(-1, 3, -1, -1), kernel, stride=2, padding=3)
    torch.testing.assert_close(F.conv2d(grey, mix_inputs(kernel, [None]), stride=2, padding=3), wanted)


@given(there=st.integers(1, 4), here=st.integers(1, 4))
def test_equal_channels_give_the_same_whatever_their_number(there: int, here: int) -> None:
    kernel = torch.randn(5, there, 3, 3, dtype=torch.float64)
    image = torch.randn(1, 1, 8, 8, dtype=torch.float64)
    wanted = F.conv2d(image.expand(-1, there, -1, -1), kernel)
    found = F.conv2d(image.expand(-1, here, -1, -1), mix_inputs(kernel, [None] * here))
    torch.testing.assert_close(found, wanted)


def test_named_channels_keep_their_own_weights() -> None:
    kernel = torch.randn(5, 2, 3, 3)
    torch.testing.assert_close(mix_inputs(kernel, [1, 0]), kernel[:, [1, 0]])
    torch.testing.assert_close(mix_inputs(kernel, [1]), 2 * kernel[:, [1]])


def test_rows_are_matched_and_others_stay_fresh() -> None:
    fresh, source = torch.zeros(3, 4), torch.arange(8.0).reshape(2, 4)
    found = match_rows(fresh, source, [1, None, 0])
    assert found.tolist() == [[4, 5, 6, 7], [0, 0, 0, 0], [0, 1, 2, 3]]
    assert not fresh.any()
