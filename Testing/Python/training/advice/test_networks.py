"""Networks for voxels and images, what they cost, and how coarse a detector's output is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medopt.networks import count_parameters
from medopt.training.advice.networks import (
    FIXED,
    FLOAT,
    SIZES,
    Candidate,
    Maker,
    image_candidate,
    voxel_candidate,
    with_output_level,
)


def voxels(size: str = "M", kind: str = "cpu", minutes: float | None = 10, subjects: int = 100) -> Candidate:
    return voxel_candidate(size, kind, (36, 50, 35), (1, 1, 1), minutes=minutes, subjects=subjects)


def test_a_cpu_gets_half_of_nnunets_maps_and_then_a_quarter() -> None:
    assert voxels().settings.features == (16, 32, 64, 128)
    assert [voxels(size, "cuda").settings.features for size in SIZES] == [(32, 64, 128, 256), (16, 32, 64, 128)]
    assert voxels().settings.name == "unet"


def test_the_small_network_of_a_cpu_does_without_full_resolution() -> None:
    small = voxels("S")
    assert (small.settings.features, small.settings.steps[0]) == ((32, 64, 128), (2, 2, 2))
    assert small.settings.output_stride == (1, 1, 1)
    assert [reason.field for reason in small.reasons] == ["network.name", "network.fine_head"]
    assert small.settings.divisor == voxels().settings.divisor
    boxes = voxel_candidate("S", "cpu", (36, 50, 35), (1, 1, 1), minutes=2, subjects=9, dense=False)
    slices = voxel_candidate("S", "cpu", (1, 64, 64), (1, 1, 1), minutes=2, subjects=9)
    shallow = voxel_candidate("S", "cpu", (12, 12, 12), (1, 1, 1), minutes=2, subjects=9)
    for one in (boxes, slices, shallow):
        assert one.settings.features[0] == 8
        assert max(one.settings.steps[0]) == 1


@pytest.mark.parametrize(
    ("kind", "minutes", "subjects", "name"),
    [
        ("cuda", 60, 50, "residual_unet"),
        ("cuda", 59, 50, "unet"),
        ("cuda", 60, 49, "unet"),
        ("cpu", 600, 500, "unet"),
        ("cuda", None, 500, "unet"),
    ],
)
def test_residual_encoders_want_a_gpu_time_and_subjects(kind, minutes, subjects, name) -> None:
    found = voxels("M", kind, minutes, subjects)
    assert found.settings.name == name
    assert found.reasons[0].value == name


@pytest.mark.parametrize(("shape", "dims"), [((1, 28, 28), 2), ((1, 224, 160), 2), ((32, 48, 48), 3)])
def test_networks_for_images_take_their_shape(shape, dims) -> None:
    candidate = image_candidate("cpu", shape, (1, 1, 1), 100)
    divisor = candidate.settings.divisor
    patch = tuple(-(-n // d) * d for n, d in zip(shape, divisor, strict=True))
    maker = Maker(1, 2, dims, "image")
    network = maker.build(candidate.settings).eval()
    assert network(torch.zeros(2, 1, *patch[3 - dims :])).shape == (2, 2)
    assert maker.cost(candidate.settings, patch).parameters == count_parameters(network)


def test_the_cost_of_a_step_counts_activations_by_patch_and_weights_once() -> None:
    maker = Maker(1, 3, 3, "voxels")
    cost = maker.cost(voxels().settings, (40, 56, 40))
    network = maker.build(voxels().settings)
    assert cost.parameters == count_parameters(network)
    one, two, three = (cost.step_bytes(n) for n in (1, 2, 3))
    assert two - one == pytest.approx(three - two, abs=1)
    assert one - (two - one) == pytest.approx(FIXED + 5 * FLOAT * cost.parameters, abs=1)
    saved: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        network.train()(torch.zeros(1, 1, 40, 56, 40))
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in saved}
    kept = sum(storages.values()) - FLOAT * cost.parameters  # the weights are among them
    assert kept <= 1.5 * cost.kept  # the estimate is above what is really kept
    assert kept > 0.7 * cost.kept


def detector(side: float, spacing: tuple[float, float, float] = (1, 1, 1)):
    boxes = np.full((400, 3), side)
    boxes[:10] = 1  # 2.5 % of odd ones
    return with_output_level(voxels(), boxes, spacing)


@pytest.mark.parametrize(("side", "stride"), [(1.5, 1), (3.5, 1), (4.5, 2), (8.5, 4), (60, 4)])
def test_small_boxes_cover_two_cells_of_the_output(side: float, stride: int) -> None:
    found = detector(side)
    assert found.settings.output_stride == (stride,) * 3
    reason = found.reasons[-1]
    assert (reason.rule, reason.value) == ("network.output_level", found.settings.output_level)
    assert reason.figures["boxes"] == 400


def test_boxes_are_measured_in_prepared_voxels() -> None:
    assert detector(8.5, (2, 2, 2)).settings.output_stride == (2, 2, 2)


def test_without_boxes_the_output_is_fine() -> None:
    found = with_output_level(voxels(), np.zeros((0, 3)), (1, 1, 1))
    assert found.settings.output_level == 0
    assert "No boxes" in found.reasons[-1].why


def test_slices_are_not_measured_across() -> None:
    flat = voxel_candidate("M", "cpu", (1, 256, 256), (1, 1, 1), minutes=10, subjects=9)
    found = with_output_level(flat, np.array([[1.0, 40, 40]] * 9), (1, 1, 1))
    assert found.settings.output_stride == (1, 4, 4)
