"""Names and sizes give complete settings that fit the images."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.networks import NETWORKS, build_network, count_parameters, network_of, propose_strides

ISO = (1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_sizes_grow(name: str) -> None:
    def parameters(size: str) -> int:
        with torch.device("meta"):
            return count_parameters(build_network(network_of(name, size, shape=(64, 64, 64), spacing=ISO), 1, 2, 3))

    small, medium, large = (parameters(size) for size in "SML")
    if name == "squeezenet":  # its large one differs by shortcuts, which have no weights
        assert small < medium == large
    elif name == "resnet":  # bottlenecks have fewer weights in 3D, and more layers
        assert small < large < medium
    else:
        assert small < medium < large


def test_u_nets_on_a_cpu_are_half_as_wide() -> None:
    at = {"shape": (128, 128, 128), "spacing": ISO}
    assert network_of("unet", "M", **at).features == (16, 32, 64, 128, 192, 256)
    assert network_of("unet", "M", device_kind="cuda", **at).features == (32, 64, 128, 256, 320, 320)
    assert network_of("unet", "L", **at) == network_of("unet", "M", device_kind="cuda", **at)
    assert network_of("residual_unet", "M", **at).blocks == (1, 3, 4, 6, 6, 6)


def test_whole_images_keep_their_mean() -> None:
    assert network_of("unet", "S", shape=(1, 64, 64), spacing=ISO, head="image").norm == "batch"
    assert network_of("unet", "S", shape=(1, 64, 64), spacing=ISO).norm == "instance"


@pytest.mark.parametrize(
    ("shape", "spacing", "strides"),
    [
        ((1, 224, 224), ISO, [(1, 2, 2)] * 5),
        ((40, 56, 40), ISO, [(2, 2, 2), (1, 1, 1), (2, 2, 2), (2, 2, 2), (1, 1, 1)]),
        ((1, 28, 28), ISO, [(1, 2, 2), (1, 1, 1), (1, 2, 2), (1, 1, 1), (1, 1, 1)]),
        ((20, 256, 256), (5, 1, 1), [(1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2)]),
        ((4, 4, 4), ISO, [(1, 1, 1)] * 5),
    ],
)
def test_the_pooling_is_the_last_to_reduce(shape, spacing, strides) -> None:
    assert network_of("resnet", "S", shape=shape, spacing=spacing).strides == tuple(strides)


@given(
    name=st.sampled_from(sorted(NETWORKS)),
    shape=st.tuples(*[st.integers(1, 300)] * 3),
    spacing=st.tuples(*[st.floats(0.2, 8)] * 3),
)
def test_every_side_keeps_a_voxel_and_all_fits(name, shape, spacing) -> None:
    settings = network_of(name, "S", shape=shape, spacing=spacing)
    assert len(settings.steps) >= 2
    assert all(factor <= max(1, side / 4) for factor, side in zip(settings.divisor, shape, strict=True))
    whole = [math.prod(step[axis] for step in propose_strides(shape, spacing)) for axis in range(3)]
    if name != "squeezenet":  # which has one step less
        assert list(settings.divisor) == whole


def test_an_unknown_network_or_size_is_named_with_the_nearest() -> None:
    with pytest.raises(MedOptError, match=r"unknown network.*found mobilenet_v4.*Did you mean 'mobilenet_v"):
        network_of("mobilenet_v4", "S", shape=(8, 8, 8), spacing=ISO)
    with pytest.raises(MedOptError, match=r"unknown size of network.*expected S, M, L.*found XL"):
        network_of("unet", "XL", shape=(8, 8, 8), spacing=ISO)  # type: ignore[arg-type]
