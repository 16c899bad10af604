"""Costs against torch's own counter, against hand counts, and against what a real pass keeps."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from medopt.errors import MedOptError
from medopt.networks import NETWORKS, ResNet, UNet, build_network, describe_network

SPACE = (6, 12, 20)


@pytest.mark.parametrize("head", ["voxels", "image"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_multiplications_are_those_that_torch_counts(name, head, small) -> None:
    settings = small(name, 3)
    network = build_network(settings, 2, 3, 3, head).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = network(torch.zeros(1, 2, *SPACE))
    found = describe_network(settings, 2, 3, 3, SPACE, head)
    assert 2 * found.multiply_adds == counter.get_total_flops()
    assert found.output_shape == tuple(output.shape[1:])
    assert found.parameters == sum(p.numel() for p in network.parameters())
    assert found.feature_strides == settings.level_strides


def test_memory_is_that_counted_by_hand(tiny: UNet) -> None:
    found = describe_network(tiny, 1, 2, 3, (8, 8, 8))
    fine, coarse = 512, 64
    image, first, second = fine, 4 * fine, 8 * coarse
    joined = 8 * fine  # of the encoder, and brought up
    convolved = [first, second, first]  # what each normalization takes; the activation changes its answer in place
    activated = [first, second, first]
    moments = 3 * (4 + 8 + 4)  # instance normalization keeps mean, deviation and a copy of the weight of each map
    kept = image + sum(convolved) + sum(activated) + joined + moments
    assert found.training_bytes == 4 * kept
    last_norm = 4 * 4  # mean, deviation, weight and bias of each map
    assert found.inference_bytes == 4 * (image + second + joined + first + first + last_norm)


def test_what_is_kept_is_what_a_real_pass_keeps(small) -> None:
    settings = small("resnet", 2)
    network = build_network(settings, 1, 2, 2)
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    x = torch.randn(2, 1, 12, 20)
    kept = {x.untyped_storage().data_ptr(): x.untyped_storage()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(x)
    real = sum(storage.nbytes() for storage in kept.values()) / 2
    assert describe_network(settings, 1, 2, 2, (1, 12, 20)).training_bytes == pytest.approx(real, rel=0.02)


def test_costs_grow_with_the_image_and_need_no_memory() -> None:
    small_one = describe_network(ResNet(), 1, 2, 3, (64, 64, 64))
    huge = describe_network(ResNet(), 1, 2, 3, (2048, 2048, 2048))
    assert huge.parameters == small_one.parameters
    assert huge.multiply_adds == 32**3 * small_one.multiply_adds
    assert huge.training_bytes == pytest.approx(32**3 * small_one.training_bytes, rel=0.01)
    assert huge.inference_bytes > 1e12


def test_random_numbers_stay_where_they_are() -> None:
    before = torch.get_rng_state()
    describe_network(UNet(), 1, 2, 3, (16, 16, 16))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("shape", "dims", "message"),
    [
        ((12, 16, 16), 3, r"expected multiples of \[8, 8, 8\], found \[12, 16, 16\]"),
        ((0, 16, 16), 3, r"found \[0, 16, 16\]"),
        ((8, 8, 8), 3, "too small for the network.*more than one voxel at the deepest level"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape, dims, message) -> None:
    with pytest.raises(MedOptError, match=message):
        describe_network(UNet(), 1, 2, dims, shape)


def test_slices_have_no_depth() -> None:
    flat = UNet(features=(4, 8), strides=((1, 1, 1), (1, 2, 2)))
    with pytest.raises(MedOptError, match="one slice"):
        describe_network(flat, 1, 2, 2, (4, 8, 8))
    assert describe_network(flat, 1, 2, 2, (1, 8, 8)).output_shape == (2, 8, 8)
