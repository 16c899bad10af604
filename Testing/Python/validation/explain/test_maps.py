"""CAM, Grad-CAM and Grad-CAM++ against closed forms, the papers' formulas and planted networks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets import Dense, PooledLinear, Region, network, windows  # noqa: E402

from medopt.errors import MedOptError  # noqa: E402
from medopt.validation.explain.cells import Cells, voxels_of_cells  # noqa: E402
from medopt.validation.explain.maps import activation_map  # noqa: E402
from medopt.validation.explain.targets import Target  # noqa: E402

SHAPES = {2: (1, 12, 16), 3: (8, 12, 10)}


def image(dims, rng, channels=1):
    return rng.normal(size=(channels, *SHAPES[dims])).astype(np.float32)


def features_of(module, volume, dims):
    given = torch.from_numpy(volume)[None]
    with torch.no_grad():
        found = module.features(given[:, :, 0] if dims == 2 else given)[0].numpy()
    return found[:, None] if dims == 2 else found


def upsampled(cells, dims):
    """Cells of one convolution of stride 2 lie over every other voxel, the first over the first."""
    step = (1.0, 2.0, 2.0) if dims == 2 else (2.0,) * 3
    return voxels_of_cells(cells, Cells((0.0,) * 3, step), SHAPES[dims])


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_cam_is_the_closed_form_for_a_mean_and_a_linear_layer(dims, channels, rng):
    module, volume = PooledLinear(dims, channels), image(dims, rng, channels)
    for channel in range(3):
        rows = module.linear.weight[channel].detach().numpy()
        cells = np.maximum(np.einsum("f,fkji->kji", rows, features_of(module, volume, dims)), 0)
        found = activation_map(network(module, dims), windows(volume), Target(channel), method="cam", layer="features")
        np.testing.assert_allclose(found, upsampled(cells, dims), atol=1e-5)


@pytest.mark.parametrize("dims", [2, 3])
def test_gradcam_is_cam_up_to_a_factor_there(dims, rng):
    module, volume = PooledLinear(dims), image(dims, rng)
    for channel in range(3):
        both = [
            activation_map(network(module, dims), windows(volume), Target(channel), method=method, layer="features")
            for method in ("cam", "gradcam")
        ]
        if both[0].max() > 0:
            np.testing.assert_allclose(both[0] / both[0].max(), both[1] / both[1].max(), atol=1e-5)
        else:
            assert both[1].max() == 0


def higher_derivative_weights(module, volume, channel, dims):
    """Grad-CAM++ by its definition: second and third derivatives of exp(score) by each feature of its own."""
    features = torch.from_numpy(features_of(module, volume, dims)).double()
    row, count = module.linear.weight[channel].detach().double(), features[0].numel()
    bias = module.linear.bias[channel].detach().double()
    weights = []
    for index in range(len(features)):
        alphas = []
        for cell in range(count):
            value = features.reshape(len(features), -1)[index, cell].clone().requires_grad_()
            flat = features.reshape(len(features), -1).clone()
            rest = (row[:, None] * flat).sum() - row[index] * flat[index, cell]
            score = torch.exp((rest + row[index] * value) / count + bias)
            (one,) = torch.autograd.grad(score, value, create_graph=True)
            (two,) = torch.autograd.grad(one, value, create_graph=True)
            (three,) = torch.autograd.grad(two, value)
            alpha = two / (2 * two + flat[index].sum() * three)
            alphas.append((alpha * torch.relu(one)).item())
        weights.append(sum(alphas))
    return np.array(weights)


def test_gradcam_plus_plus_is_the_papers_formula_by_autograd(rng):
    module = PooledLinear(2, seed=3)
    volume = image(2, rng)
    features = features_of(module, volume, 2)
    for channel in range(3):
        weights = higher_derivative_weights(module, volume, channel, 2)
        cells = np.maximum(np.einsum("f,fkji->kji", weights, features), 0)
        found = activation_map(
            network(module, 2), windows(volume), Target(channel), method="gradcam++", layer="features"
        )
        expected = upsampled(cells, 2)
        assert expected.max() > 0
        np.testing.assert_allclose(found / found.max(), expected / expected.max(), atol=1e-4)


@pytest.mark.parametrize("dims", [2, 3])
def test_the_gradient_of_a_structure_is_that_of_its_summed_logits(dims, rng):
    module, volume = Dense(dims), image(dims, rng)
    mask = (rng.random(SHAPES[dims]) < 0.2).astype(np.float32)
    given = torch.from_numpy(volume)[None]
    given = given[:, :, 0] if dims == 2 else given
    features = module.first(given).detach().requires_grad_()
    logits = module.head(module.second(features))[0, 1]
    (logits * torch.from_numpy(mask if dims == 3 else mask[0])).sum().backward()
    weights = features.grad[0].flatten(1).mean(1)
    expected = torch.einsum("f,f...->...", weights, features[0]).clamp(min=0).detach().numpy().reshape(SHAPES[dims])
    found = activation_map(
        network(module, dims),
        windows(volume, task="segmentation"),
        Target(1, mask),
        method="gradcam",
        layer="first",
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_cam_of_a_dense_answer_is_its_logit_without_the_constant(rng):
    module, volume = Dense(3), image(3, rng)
    mask = np.ones(SHAPES[3], np.float32)
    with torch.no_grad():
        logits = module(torch.from_numpy(volume)[None])[0, 2] - module.head.bias[2]
    found = activation_map(
        network(module, 3), windows(volume, task="segmentation"), Target(2, mask), method="cam", layer="second"
    )
    np.testing.assert_allclose(found, np.maximum(logits.numpy(), 0), atol=1e-5)


@pytest.mark.parametrize("layer", ["first", "head"])
def test_cam_is_refused_where_it_does_not_hold(layer, rng):
    with pytest.raises(MedOptError, match=r"CAM does not fit this network.*Take Grad-CAM"):
        activation_map(
            network(Dense(3), 3),
            windows(image(3, rng), task="segmentation"),
            Target(1, np.ones(SHAPES[3], np.float32)),
            method="cam",
            layer=layer,
        )


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", ["gradcam", "gradcam++"])
def test_a_map_lies_over_what_it_shows_to_the_voxel(method, dims, stride):
    """A bright voxel and a dimmer one; the centre of mass of the map around the bright one is that voxel."""
    shape = (1, 40, 24) if dims == 2 else (24, 40, 24)
    place = (0, 12, 8) if dims == 2 else (8, 12, 8)
    volume = np.zeros((1, *shape), np.float32)
    volume[(0, *place)], volume[0, -1, 36, 20] = 1, 0.5
    module = Region(dims, shape[3 - dims :], place[3 - dims :], stride)
    found = activation_map(network(module, dims), windows(volume), Target(0), method=method, layer="features")
    assert found.max() > 0
    assert found[place] == pytest.approx(found.max())
    near = found.copy()
    near[:, 24:] = 0
    middle = [(near * axis).sum() / near.sum() for axis in np.indices(shape)]
    assert middle == pytest.approx(place, abs=1e-4)


def test_an_image_in_windows_is_explained_as_a_whole(rng):
    """Where windows see all that a layer sees, the map of many windows is that of one."""
    module = Dense(3)
    volume = rng.normal(size=(1, 6, 40, 6)).astype(np.float32)
    mask = np.zeros(volume.shape[1:], np.float32)
    mask[:, 10:30] = 1
    net, target = network(module, 3), Target(1, mask)
    whole = activation_map(net, windows(volume, task="segmentation"), target, method="gradcam", layer="second")
    many = windows(volume, (6, 16, 6), task="segmentation", overlap=0.5)
    assert len(many.corners) > 2
    parts = activation_map(net, many, target, method="gradcam", layer="second")
    inner = (slice(None), slice(2, -2), slice(None))
    difference = np.abs(parts / parts.max() - whole / whole.max())[inner]
    assert np.median(difference) < 0.01  # a window's border shows to the depth of two convolutions
    assert parts.argmax() == whole.argmax()


def test_each_cell_counts_once_however_many_windows_see_it(rng):
    volume = rng.normal(size=(1, 1, 50, 30)).astype(np.float32)
    many = windows(volume, (1, 16, 16), task="segmentation", overlap=0.5)
    wanted = rng.random((1, 50, 30)).astype(np.float32)
    total = sum(many.share(corner, wanted).sum() for corner in many.corners)
    assert total == pytest.approx(wanted.sum(), rel=1e-5)
    np.testing.assert_allclose(
        many.put_together((corner, np.full(many.size, 3.0, np.float32)) for corner in many.corners), 3.0, rtol=1e-5
    )


def test_one_slice_after_another_by_a_network_of_slices(rng):
    volume = rng.normal(size=(1, 3, 12, 16)).astype(np.float32)
    found = activation_map(
        network(PooledLinear(2), 2), windows(volume, (1, 12, 16)), Target(0), method="gradcam", layer="features"
    )
    assert found.shape == (3, 12, 16)
    assert len({float(found[k].sum()) for k in range(3)}) == 3
