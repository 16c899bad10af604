"""What a student takes over is the teacher itself, cut to its most important maps."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from medopt.compression.distill.begin import take_over
from medopt.compression.distill.student import narrower
from medopt.compression.prune import channel_graph, remove_groups
from medopt.errors import MedOptError
from medopt.networks import MobileNetV2, ResidualUNet, ResNet, UNet, build_network

STRIDES = ((1, 1, 1), (1, 2, 2))


def unet(*features: int, norm: str = "instance") -> torch.nn.Module:
    settings = UNet(features=features, strides=STRIDES, norm=norm)  # type: ignore[arg-type]
    return build_network(settings, 1, 2, 2)


def test_a_student_of_the_same_widths_is_the_teacher() -> None:
    teacher, student = unet(8, 16), unet(8, 16)
    graph = channel_graph(teacher, 1)
    assert take_over(student, teacher, graph, np.ones(graph.groups)) == 1.0
    x = torch.randn(1, 1, 8, 8)
    assert torch.equal(student.eval()(x), teacher.eval()(x))


@pytest.mark.parametrize("family", [UNet, ResidualUNet])
def test_a_narrower_student_answers_as_the_teacher_pruned_to_the_same_maps(family) -> None:
    torch.manual_seed(0)
    teacher, student = (build_network(family(features=f, strides=STRIDES), 1, 2, 2) for f in ((8, 16), (4, 8)))
    graph = channel_graph(teacher, 1)
    importance = np.random.default_rng(0).random(graph.groups)
    assert take_over(student, teacher, graph, importance) == 1.0
    keep = np.zeros(graph.groups, bool)
    for layer in range(graph.layers.max() + 1):
        groups = np.flatnonzero(graph.layers == layer)
        keep[groups[np.argsort(-importance[groups])][: len(groups) // 2]] = True
    pruned = remove_groups(copy.deepcopy(teacher), graph, keep)
    x = torch.randn(1, 1, 8, 8)
    assert torch.equal(student.eval()(x), pruned.eval()(x))


def test_another_norm_takes_the_weights_and_another_family_nothing() -> None:
    teacher, student = unet(8, 16), unet(4, 8, norm="batch")
    graph = channel_graph(teacher, 1)
    assert take_over(student, teacher, graph, np.ones(graph.groups)) == 1.0
    assert all((v == 0).all() for n, v in student.state_dict().items() if n.endswith("running_mean"))
    other = build_network(ResNet(size="S", strides=((1, 2, 2),) * 5), 1, 2, 2)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    assert take_over(other, teacher, graph, np.ones(graph.groups)) < 0.01
    assert torch.equal(other.state_dict()["stages.1.convolution.weight"], before["stages.1.convolution.weight"])


def test_narrower_networks_keep_multiples() -> None:
    assert narrower(UNet(features=(8, 16, 40, 64)), 0.5, 4).features == (4, 8, 20, 32)
    assert narrower(UNet(features=(4, 6, 10, 20)), 0.25, 4).features == (4, 4, 4, 4)
    half = narrower(MobileNetV2(size="L"), 0.5, 8)
    assert (half.multiplier, half.decoder) == (0.7, (8, 8, 16, 24, 40))
    with pytest.raises(MedOptError, match=r"cannot be made narrower by a number: expected a U-Net.*found resnet"):
        narrower(ResNet(), 0.5, 4)
