"""Which layer is looked at by default, on every network of the registry; where its cells lie."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets import Dense, network, windows  # noqa: E402
from torch import nn  # noqa: E402

from medopt.errors import MedOptError  # noqa: E402
from medopt.networks import NETWORKS, build_network  # noqa: E402
from medopt.validation.explain.cells import Cells, CellTrace, voxels_of_cells  # noqa: E402
from medopt.validation.explain.layers import (  # noqa: E402
    cam_layer,
    default_layer,
    feature_layers,
    find_layer,
    looking_at,
)
from medopt.validation.explain.maps import activation_map  # noqa: E402
from medopt.validation.explain.targets import Target  # noqa: E402

UNETS = ("unet", "residual_unet", "separable_unet")


def built(name, dims, head):
    family, values = (
        NETWORKS[name],
        {"name": name, **({"features": (4, 8, 12, 16)} if name in UNETS else {"size": "S"})},
    )
    if dims == 2:
        values["strides"] = [(1, *step[1:]) for step in family.model_validate(values).strides]
    torch.manual_seed(1)
    return build_network(family.model_validate(values), 2, 3, dims, head).eval()


@pytest.mark.parametrize("head", ["voxels", "image"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_of_the_registry_has_a_map_in_2d(name, head, rng):
    side = 64
    module = built(name, 2, head)
    volume = rng.normal(size=(2, 1, side, side)).astype(np.float32)
    net = network(module, 2)
    layer = default_layer(module, net.tensor(volume[None]))
    shapes = feature_layers(module, net.tensor(volume[None]))
    assert max(shapes[layer][1:]) >= 7
    assert layer.startswith("stages." if head == "image" else "decoders.")
    target = Target(1) if head == "image" else Target(1, np.ones((1, side, side), np.float32))
    task = "classification" if head == "image" else "segmentation"
    for method in ("gradcam", "gradcam++"):
        found = activation_map(net, windows(volume, task=task), target, method=method, layer=layer)
        assert found.shape == (1, side, side)
        assert np.isfinite(found).all()
        assert found.min() >= 0


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"mobilenet_v3"}))
def test_cam_of_every_classifier_with_one_linear_layer(name, rng):
    """The mean of the map over the last layer's cells is the logit, but for the constant and what is cut off."""
    module, volume = built(name, 2, "image"), rng.normal(size=(2, 1, 64, 64)).astype(np.float32)
    net = network(module, 2)
    layer = cam_layer(module, net.tensor(volume[None]))
    found = activation_map(net, windows(volume), Target(1), method="cam", layer=layer)
    other = activation_map(net, windows(volume), Target(1), method="gradcam", layer=layer)
    if found.max() > 0:
        np.testing.assert_allclose(found / found.max(), other / other.max(), atol=1e-3)


def test_cam_is_refused_of_a_classifier_with_a_hidden_layer(rng):
    module, volume = built("mobilenet_v3", 2, "image"), rng.normal(size=(2, 1, 64, 64)).astype(np.float32)
    net = network(module, 2)
    with pytest.raises(MedOptError, match=r"CAM does not fit this network.*Take Grad-CAM"):
        cam_layer(module, net.tensor(volume[None]))


@pytest.mark.parametrize("name", ["resnet", "unet"])
def test_a_volume(name, rng):
    module = built(name, 3, "voxels")
    side = 32
    volume = rng.normal(size=(2, side, side, side)).astype(np.float32)
    net = network(module, 3)
    layer = default_layer(module, net.tensor(volume[None]))
    target = Target(1, np.ones((side,) * 3, np.float32))
    found = activation_map(net, windows(volume, task="segmentation"), target, method="gradcam", layer=layer)
    assert found.shape == (side,) * 3


def test_a_layer_that_is_not_there_is_named_with_its_neighbours():
    with pytest.raises(MedOptError, match=r"no such layer.*first.0.*found firts.0"):
        find_layer(Dense(2), "firts.0")


def test_a_layer_without_a_map_is_refused(rng):
    module = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    with pytest.raises(MedOptError, match="no map of features"):
        activation_map(
            network(module, 2),
            windows(rng.normal(size=(1, 1, 8, 8)).astype(np.float32)),
            Target(0),
            method="gradcam",
            layer="2",
        )


def test_an_activation_in_place_does_not_change_the_features(rng):
    module = Dense(2)
    given = torch.from_numpy(rng.normal(size=(1, 1, 8, 8)).astype(np.float32))
    with torch.no_grad():
        expected = module.first[0](given)
        whole = module(given)
        with looking_at(module, "first.0") as seen:
            assert torch.equal(module(given), whole)
    assert torch.equal(seen.values, expected)
    assert (expected < 0).any()


@pytest.mark.parametrize(
    "layers",
    [
        [("convolution", 3, 2), ("convolution", 3, 2), ("pool", 3, 2)],
        [("convolution", 7, 2), ("pool", 2, 2), ("convolution", 3, 1), ("convolution", 3, 2)],
        [("pool", 2, 2), ("convolution", 1, 2), ("convolution", 5, 2)],
    ],
)
def test_cells_lie_at_the_middle_of_what_they_see(layers):
    """Against the gradient: with equal weights the voxels that a cell sees are symmetric around its middle."""
    made = []
    for kind, kernel, stride in layers:
        if kind == "convolution":
            layer = nn.Conv2d(1, 1, kernel, stride, padding=kernel // 2, bias=False)
            nn.init.ones_(layer.weight)
        else:
            layer = nn.AvgPool2d(kernel, stride, padding=kernel // 2 if kernel % 2 else 0)
        made.append(layer)
    module = nn.Sequential(*made)
    given = torch.zeros(1, 1, 64, 64, requires_grad=True)
    with CellTrace(module, (64, 64)) as trace:
        found = module(given)
    cells = trace.cells(found.shape[2:])
    middle = tuple(n // 2 for n in found.shape[2:])
    (gradient,) = torch.autograd.grad(found[(0, 0, *middle)], given)
    weights = gradient[0, 0].numpy()
    for axis in (0, 1):
        seen = (weights.sum(1 - axis) * np.arange(64)).sum() / weights.sum()
        assert cells.first[axis] + cells.step[axis] * middle[axis] == pytest.approx(seen)


def test_a_decoders_map_lies_where_the_encoders_does(rng):
    module = built("unet", 2, "voxels")
    given = torch.zeros(1, 2, 64, 64)
    with torch.no_grad(), CellTrace(module, (64, 64)) as trace:
        module(given)
    shapes = feature_layers(module, given)
    assert trace.cells(shapes["decoders.2"][1:]) == Cells((0.0, 0.0), (1.0, 1.0))
    assert trace.cells(shapes["decoders.1"][1:]) == Cells((0.0, 0.0), (2.0, 2.0))
    assert trace.cells((13, 13)).step == (64 / 13, 64 / 13)


def test_cells_to_voxels_is_linear_between_and_constant_beyond():
    values = np.array([[[1.0, 3.0, 2.0]]])
    found = voxels_of_cells(values, Cells((0, 0, 1), (1, 1, 2)), (1, 1, 8))
    np.testing.assert_allclose(found[0, 0], [1, 1, 2, 3, 2.5, 2, 2, 2])
