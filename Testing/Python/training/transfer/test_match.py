"""Which tensor goes where: by name, behind other names, by order; and what an adapted network gives."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.networks import build_network
from medopt.networks.unet import UNet
from medopt.training.transfer import TransferReport, TransferSettings
from medopt.training.transfer.begin import transfer
from medopt.training.transfer.source import Source

SEGMENTS = {"task": "segmentation", "rows": ("background", "Front", "Back"), "channels": ("image",)}
SMALL = UNet(features=(4, 8, 16), strides=((1, 1, 1), (1, 2, 2), (1, 2, 2)))
DEEP = UNet(features=(4, 8, 16), strides=((1, 1, 1), (2, 2, 2), (2, 2, 2)))


def source(tensors: dict[str, Tensor] | nn.Module, **known: Any) -> Source:
    found = dict(tensors.state_dict()) if isinstance(tensors, nn.Module) else tensors
    return Source("the source", "file", found, "0" * 64, **known)


def into(
    network: nn.Module, given: Source, classes=("Front", "Back"), channels=("image",), **more: Any
) -> TransferReport:
    settings = TransferSettings(**{"source": "x", **more})
    return transfer(network, given, settings, "segmentation", classes, channels)


def randomised(network: nn.Module, seed: int = 1) -> nn.Module:
    """Statistics and scales as after a training, too."""
    numbers = torch.Generator().manual_seed(seed)
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=numbers) + 0.1)
    return network


def test_the_same_network_is_taken_whole() -> None:
    one, other = (build_network(DEEP, 1, 3, 3) for _ in range(2))
    report = into(other, source(one, **SEGMENTS))
    assert {layer.fate for layer in report.layers} == {"transferred"}
    assert report.share() == 1
    assert report.unused == ()
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
        assert value.data_ptr() != other.state_dict()[name].data_ptr()


def test_heads_follow_the_names_of_classes() -> None:
    one, other = build_network(DEEP, 1, 3, 3), build_network(DEEP, 1, 4, 3)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    report = into(other, source(one, **SEGMENTS), classes=("back", "New", "FRONT"))
    adapted = {layer.name: layer.why for layer in report.layers if layer.fate == "adapted"}
    assert adapted.keys() == {f"heads.{n}.{kind}" for n in range(2) for kind in ("weight", "bias")}
    assert set(adapted.values()) == {"with 3 of 4 outputs by the names of their classes"}
    there, here = one.state_dict()["heads.1.weight"], other.state_dict()["heads.1.weight"]
    assert torch.equal(here[[0, 1, 3]], there[[0, 2, 1]])
    assert torch.equal(here[2], before["heads.1.weight"][2])


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({}, "which class each output"),
        ({**SEGMENTS, "rows": ("background", "a", "b")}, "none of the classes"),
        ({**SEGMENTS, "task": "detection"}, "another task"),
    ],
)
def test_a_head_whose_classes_do_not_correspond_stays_fresh(known: dict[str, Any], why: str) -> None:
    one, other = build_network(DEEP, 1, 3, 3), build_network(DEEP, 1, 3, 3)
    before = other.state_dict()["heads.1.weight"].clone()
    report = into(other, source(one, **known))
    assert all(why in layer.why for layer in report.layers if layer.role == "head")
    assert report.share("head") == 0
    assert report.share("encoder") == report.share("decoder") == 1
    assert torch.equal(other.state_dict()["heads.1.weight"], before)


def test_a_2d_network_in_3d_sees_in_each_slice_what_it_saw(rng) -> None:
    flat = randomised(build_network(SMALL.model_copy(update={"norm": "batch"}), 1, 3, 2)).eval()
    volume_settings = SMALL.model_copy(update={"norm": "batch"})
    solid = build_network(volume_settings, 1, 3, 3).eval()
    report = into(solid, source(flat, **SEGMENTS))
    assert report.share() == 1
    image = torch.from_numpy(rng.normal(size=(1, 1, 4, 16, 16)).astype("float32"))
    with torch.no_grad():
        found = solid(image)
        for k in range(4):
            torch.testing.assert_close(found[:, :, k], flat(image[:, :, k]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("inflation", ["centre", "repeat"])
def test_on_equal_slices_even_strides_along_k_change_nothing(rng, inflation) -> None:
    flat = randomised(build_network(SMALL.model_copy(update={"norm": "batch"}), 1, 3, 2)).eval()
    solid = build_network(DEEP.model_copy(update={"norm": "batch"}), 1, 3, 3).eval()
    into(solid, source(flat, **SEGMENTS), inflation=inflation)
    plane = torch.from_numpy(rng.normal(size=(1, 1, 16, 16)).astype("float32"))
    with torch.no_grad():
        wanted = flat(plane)
        found = solid(plane.unsqueeze(2).expand(-1, -1, 64, -1, -1))[:, :, 32]
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_a_3d_network_in_2d_sees_in_a_slice_what_it_saw_in_equal_slices(rng) -> None:
    solid = randomised(build_network(DEEP.model_copy(update={"norm": "batch"}), 1, 3, 3)).eval()
    flat = build_network(SMALL.model_copy(update={"norm": "batch"}), 1, 3, 2).eval()
    report = into(flat, source(solid, **SEGMENTS))
    assert report.share() == 1
    plane = torch.from_numpy(rng.normal(size=(1, 1, 16, 16)).astype("float32"))
    with torch.no_grad():
        stage = solid.stages[0](plane.unsqueeze(2).expand(-1, -1, 32, -1, -1))[:, :, 16]
        torch.testing.assert_close(flat.stages[0](plane), stage, rtol=1e-3, atol=1e-3)


def test_other_input_channels_are_adapted_in_the_first_layer_alone() -> None:
    colour, grey = build_network(SMALL, 3, 3, 2), build_network(SMALL, 1, 3, 2)
    report = into(grey, source(colour, **{**SEGMENTS, "channels": ("red", "green", "blue")}))
    adapted = [(layer.name, layer.why) for layer in report.layers if layer.fate == "adapted"]
    assert adapted == [("stages.0.0.convolution.weight", "from 3 input channels to 1")]
    image = torch.randn(1, 1, 16, 16)
    torch.testing.assert_close(
        grey.stages[0][0].convolution(image),
        colour.stages[0][0].convolution(image.expand(-1, 3, -1, -1)),
        atol=1e-5,
        rtol=1e-5,
    )


def test_channels_of_the_same_names_keep_their_weights_in_another_order() -> None:
    one, other = build_network(SMALL, 2, 3, 2), build_network(SMALL, 2, 3, 2)
    report = into(other, source(one, **{**SEGMENTS, "channels": ("T1", "T2")}), channels=("T2", "T1"))
    assert "in order" in next(layer.why for layer in report.layers if layer.fate == "adapted")
    image = torch.randn(1, 2, 16, 16)
    torch.testing.assert_close(other.eval()(image), one.eval()(image.flip(1)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prefix", ["backbone.", "model.network."])
def test_names_may_begin_otherwise(prefix: str) -> None:
    one, other = build_network(DEEP, 1, 3, 3), build_network(DEEP, 1, 3, 3)
    report = into(other, source({prefix + name: value for name, value in one.state_dict().items()}, **SEGMENTS))
    assert report.share() == 1
    assert all(layer.source == prefix + layer.name for layer in report.layers)


def test_layers_of_other_names_are_taken_in_their_order() -> None:
    one, other = build_network(DEEP, 1, 3, 3), build_network(DEEP, 1, 3, 3)
    encoder = {name: value for name, value in one.state_dict().items() if name.startswith("stages.")}
    renamed = {}
    for name, value in encoder.items():
        _, stage, block, layer, kind = name.split(".")
        renamed[f"net.level{stage}_block{block}.{layer[0]}.{kind}"] = value
    report = into(other, source(renamed))
    assert report.share("encoder") == 1
    for name, value in encoder.items():
        assert torch.equal(other.state_dict()[name], value)


def test_the_same_order_by_names_alone_pairs_norms_with_their_convolutions() -> None:
    nets = pytest.importorskip("monai.networks.nets", reason="MONAI is not installed")
    one = randomised(nets.resnet18(spatial_dims=2, n_input_channels=1, num_classes=2))
    other = nets.resnet18(spatial_dims=2, n_input_channels=1, num_classes=2)
    renamed = sorted(
        (name.replace("layer", "zz").replace("conv", "cv"), value) for name, value in one.state_dict().items()
    )
    settings = TransferSettings(source="x")
    report = transfer(other, source(dict(renamed)), settings, "classification", ("a", "b"), ("image",))
    assert report.share("encoder") == 1
    for layer in report.layers:
        if layer.fate == "transferred":
            assert layer.source == layer.name.replace("layer", "zz").replace("conv", "cv")


def test_running_statistics_come_along() -> None:
    settings = DEEP.model_copy(update={"norm": "batch"})
    one, other = randomised(build_network(settings, 1, 3, 3)), build_network(settings, 1, 3, 3)
    report = into(other, source(one, **SEGMENTS))
    moved = [layer for layer in report.layers if "running" in layer.name]
    assert moved
    assert all(layer.fate == "transferred" and not layer.learns for layer in moved)
    assert torch.equal(
        other.state_dict()["stages.1.0.norm.running_mean"], one.state_dict()["stages.1.0.norm.running_mean"]
    )


def test_too_little_is_refused_with_the_reason_and_nothing_is_changed() -> None:
    wide = build_network(UNet(features=(8, 16, 32), strides=DEEP.strides), 1, 3, 3)
    narrow = build_network(DEEP, 1, 3, 3)
    before = {name: value.clone() for name, value in narrow.state_dict().items()}
    with pytest.raises(
        MedOptError, match=r"do not fit.*at least 50 %.*found 0.0 %; stages.0.*here 4×1×3×3×3.*least_share to 0"
    ):
        into(narrow, source(wide, **SEGMENTS))
    assert all(torch.equal(value, before[name]) for name, value in narrow.state_dict().items())
    report = into(narrow, source(wide, **SEGMENTS), least_share=0)
    assert report.share("encoder") < 0.5
    assert "another size" in report.sentence


def test_two_networks_that_are_not_alike_are_not_taken_for_alike() -> None:
    nets = pytest.importorskip("monai.networks.nets", reason="MONAI is not installed")
    given = source(nets.resnet18(spatial_dims=2, n_input_channels=3, num_classes=10))
    with pytest.raises(MedOptError, match="do not fit"):
        into(build_network(UNet(), 1, 3, 3), given)


def test_an_encoder_of_a_classifier_serves_a_segmentation() -> None:
    classifier = build_network(DEEP, 1, 4, 3, head="image")
    other = build_network(DEEP, 1, 3, 3)
    report = into(other, source(classifier, task="classification", rows=("a", "b", "c", "d"), channels=("image",)))
    assert report.share("encoder") == 1
    assert report.share("decoder") == 0
    assert all(name.startswith("head.") for name in report.unused)
