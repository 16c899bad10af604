"""Every family, in 2D and 3D, for voxels and for whole images: shapes, gradients, batches, and recipes that name it."""

from __future__ import annotations

import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from medopt.errors import MedOptError
from medopt.networks import NETWORKS, AnyNetwork, ResNet, UNet, build_network, count_parameters
from medopt.settings import Settings

FAMILIES = sorted(NETWORKS)
SPACE = {2: (12, 20), 3: (6, 12, 20)}
"""Odd multiples of what the small networks reduce by."""


class Part(Settings):
    """What holds a network in a recipe."""

    network: AnyNetwork


def without_gradient(network: torch.nn.Module) -> list[str]:
    return [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("name", FAMILIES)
def test_dense_logits_have_the_size_of_the_input_and_every_weight_learns(name, dims, small) -> None:
    torch.manual_seed(0)
    settings = small(name, dims)
    network = build_network(settings, channels=2, outputs=3, dims=dims)
    x = torch.randn(2, 2, *SPACE[dims])
    levels = network(x)
    assert len(levels) == min(3, len(settings.steps) - 1)
    for level, stride in zip(levels, settings.level_strides, strict=False):
        assert tuple(level.shape[2:]) == tuple(n // s for n, s in zip(SPACE[dims], stride[3 - dims :], strict=True))
    sum(level.square().mean() for level in levels).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    assert without_gradient(network) == []
    assert tuple(network.eval()(x).shape) == (2, 3, *SPACE[dims])


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("name", FAMILIES)
def test_whole_images_give_a_vector_and_every_weight_learns(name, dims, small) -> None:
    torch.manual_seed(0)
    network = build_network(small(name, dims, norm="batch"), channels=1, outputs=5, dims=dims, head="image")
    logits = network(torch.randn(2, 1, *SPACE[dims]))
    assert tuple(logits.shape) == (2, 5)
    logits.square().sum().backward()
    assert without_gradient(network) == []


@pytest.mark.parametrize("head", ["voxels", "image"])
@pytest.mark.parametrize("name", FAMILIES)
def test_an_input_is_answered_alone_as_in_a_batch(name, head, small, shuffled_statistics) -> None:
    torch.manual_seed(0)
    network = shuffled_statistics(build_network(small(name, 2), 1, 2, 2, head)).eval()
    x = torch.randn(3, 1, *SPACE[2])
    with torch.no_grad():
        together, alone = network(x), network(x[1:2])
    assert together.std() > 0
    torch.testing.assert_close(alone, together[1:2], rtol=1e-3, atol=1e-4 * float(together.abs().max()))


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_batch_of_one_can_train(name, norm, small) -> None:
    network = build_network(small(name, 2, norm=norm), 1, 2, 2)
    assert all(torch.isfinite(level).all() for level in network(torch.randn(1, 1, *SPACE[2])))


@pytest.mark.parametrize("name", FAMILIES)
def test_dense_outputs_may_end_at_a_coarser_level_without_idle_weights(name, small) -> None:
    settings = small(name, 3, output_level=1, deep_supervision=False)
    network = build_network(settings, 1, 4, 3)
    out = network(torch.randn(1, 1, 6, 12, 20))
    assert settings.output_stride == settings.level_strides[1]
    assert tuple(out.shape) == (1, 4, *(n // s for n, s in zip((6, 12, 20), settings.output_stride, strict=True)))
    out.square().mean().backward()
    assert without_gradient(network) == []


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"unet", "residual_unet", "separable_unet"}))
def test_backbones_reach_the_image_from_their_own_strides(name) -> None:
    count = len(NETWORKS[name].model_fields["strides"].default)
    settings = NETWORKS[name](size="S", strides=((1, 2, 2),) * count)
    side = settings.divisor[1]
    assert side == 2**count
    network = build_network(settings, 1, 2, 2)
    assert tuple(network(torch.randn(1, 1, side, 3 * side))[0].shape) == (1, 2, side, 3 * side)
    sharp = network.eval()
    x = torch.zeros(1, 1, side, side, requires_grad=True)
    sharp(x)[0, 1, 5, 7].backward()
    assert x.grad[0, 0, 5, 7] != 0


def test_the_same_seed_gives_the_same_network() -> None:
    def weights() -> list[torch.Tensor]:
        torch.manual_seed(7)
        return list(build_network(ResNet(size="S"), 1, 2, 3, "image").state_dict().values())

    assert all(torch.equal(a, b) for a, b in zip(weights(), weights(), strict=True))


def test_encoders_of_both_heads_share_their_names() -> None:
    for name, family in NETWORKS.items():
        image = build_network(family(), 1, 2, 3, "image").state_dict()
        dense = build_network(family(), 1, 2, 3).state_dict()
        shared = {key for key in image if key.startswith("stages.")}
        assert shared == {key for key in dense if key.startswith("stages.")}, name
        assert all(image[key].shape == dense[key].shape for key in shared)


def test_recipes_name_the_network_or_mean_the_plain_one() -> None:
    old = {"name": "unet", "features": [4, 8], "strides": [[1, 1, 1], [2, 2, 2]], "norm": "batch"}
    assert Part.parse({"network": old}, "x").network == UNet(
        features=(4, 8), strides=((1, 1, 1), (2, 2, 2)), norm="batch"
    )
    assert Part.parse({"network": {"features": [4, 8], "strides": [[1, 1, 1], [2, 2, 2]]}}, "x").network.name == "unet"
    assert Part.parse({"network": {"name": "resnet", "size": "L"}}, "x").network == ResNet(size="L")
    for family in NETWORKS.values():
        part = Part(network=family())
        assert Part.model_validate_json(part.model_dump_json()) == part


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"name": "resnett"}, r"did you mean 'resnet'"),
        ({"name": "resnet", "size": "XL"}, r"size"),
        ({"name": "resnet", "sise": "L"}, r"unknown field.*did you mean 'size'"),
        ({"name": "resnet", "strides": [[1, 2, 2]]}, r"strides has 1 entries; resnet reduces in 5 steps"),
        ({"name": "squeezenet", "decoder": [8]}, r"decoder has 1 entries; squeezenet reduces in 4 steps"),
        ({"name": "resnet", "output_level": 5}, r"output_level is 5; this decoder has levels 0 to 4"),
        ({"name": "shufflenet_v2", "width": 0.75}, r"the paper has the widths 0.5, 1.0, 1.5, 2.0"),
        ({"name": "residual_unet", "blocks": [1]}, r"blocks has 1 stages and strides 4"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(network, message) -> None:
    with pytest.raises(MedOptError, match=message):
        Part.parse({"network": network}, "recipe.yaml")


def test_networks_of_three_dimensions_are_refused_in_two() -> None:
    with pytest.raises(MedOptError, match=r"network.strides.*expected 1 as the first number"):
        build_network(ResNet(), channels=1, outputs=2, dims=2)
    with pytest.raises(MedOptError, match="expected 2 or 3, found 4"):
        build_network(ResNet(), channels=1, outputs=2, dims=4)


def test_only_what_learns_is_counted() -> None:
    layer = torch.nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    assert count_parameters(layer) == 6


def test_settings_without_a_tag_are_an_error_outside_mappings() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AnyNetwork).validate_python("resnet")
