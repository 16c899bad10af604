"""What a student takes over is the teacher itself, cut to its most important maps."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from medopt.compression.distill.begin import take_over
from medopt.compression.distill.student import filled, narrower
from medopt.compression.prune import channel_graph, remove_groups
from medopt.errors import MedOptError
from medopt.networks import (
    MobileNetV2,
    ResidualUNet,
    ResNet,
    SeparableUNet,
    UNet,
    build_network,
    coarser,
    count_parameters,
)

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


THREE = ((1, 1, 1), (1, 2, 2), (1, 2, 2))


@pytest.mark.parametrize("family", [UNet, ResidualUNet])
def test_a_student_without_the_finest_level_answers_the_levels_below_as_the_teacher(family) -> None:
    torch.manual_seed(0)
    settings = family(features=(4, 8, 16), strides=THREE)
    teacher = build_network(settings, 1, 2, 2).eval()
    student = build_network(coarser(settings), 1, 2, 2).eval()
    graph = channel_graph(teacher, 1)
    share = take_over(student, teacher, graph, np.ones(graph.groups), without_finest=True)
    assert 0.85 < share < 1.0  # its own are the first layer, which sees the image, and the heads
    features = torch.randn(1, 8, 8, 8)
    first = student.stages[0][1:](features)
    torch.testing.assert_close(first, teacher.stages[1][1:](features), rtol=0, atol=0)
    down = student.stages[1](first)
    torch.testing.assert_close(down, teacher.stages[2](first), rtol=0, atol=0)
    for part in ("ups", "decoders"):
        assert len(getattr(student, part)) == len(getattr(teacher, part)) - 1
    wide = torch.cat([student.ups[0](down), first], 1)
    torch.testing.assert_close(student.decoders[0](wide), teacher.decoders[0](wide), rtol=0, atol=0)


def test_a_narrower_student_without_the_finest_level_takes_the_most_important_maps() -> None:
    torch.manual_seed(0)
    settings = UNet(features=(4, 8, 16), strides=THREE)
    teacher = build_network(settings, 1, 2, 2)
    student = build_network(coarser(narrower(settings, 0.5, 4)), 1, 2, 2)
    graph = channel_graph(teacher, 1)
    importance = np.random.default_rng(1).random(graph.groups)
    take_over(student, teacher, graph, importance, without_finest=True)
    (slot,) = (s for s in graph.by_tensor["stages.2.1.convolution.weight"] if s.role == "makes")
    best = np.sort(np.argsort(-importance[slot.groups])[:8])
    (taken,) = (s for s in graph.by_tensor["stages.2.1.convolution.weight"] if s.role == "takes")
    seen = np.sort(np.argsort(-importance[taken.groups])[:8])
    wanted = teacher.state_dict()["stages.2.1.convolution.weight"][best][:, seen]
    assert torch.equal(student.state_dict()["stages.1.1.convolution.weight"], wanted)


@pytest.mark.parametrize("family", [UNet, ResidualUNet, SeparableUNet])
@pytest.mark.parametrize("dims", [2, 3])
def test_coarser_networks_answer_on_the_same_grid(family, dims) -> None:
    strides = THREE if dims == 2 else ((1, 1, 1), (2, 2, 2), (1, 2, 2))
    settings = family(features=(4, 8, 16), strides=strides)
    small = coarser(settings)
    assert (small.features, small.divisor) == ((8, 16), settings.divisor)
    assert small.output_stride == settings.output_stride == (1, 1, 1)
    network = build_network(small, 2, 3, dims).train()
    space = (8, 12) if dims == 2 else (4, 8, 12)
    answers = network(torch.randn(2, 2, *space))
    finest = answers[0] if isinstance(answers, list) else answers
    assert tuple(finest.shape) == (2, 3, *space)
    finest.square().mean().backward()
    assert network.heads[-1].up.weight.grad.abs().min() > 0  # each place of a block has weights of its own
    assert network.heads[-1].last.weight.grad.abs().min() > 0
    assert not torch.allclose(finest[..., ::2], finest[..., 1::2])


def test_fine_levels_are_filled_at_the_cost_of_the_deepest_one() -> None:
    whole = UNet(features=(16, 32, 64, 128), strides=((1, 1, 1), *((2, 2, 2),) * 3), norm="batch")
    small = coarser(narrower(whole, 0.42, 4))
    assert (small.features, filled(small, 3, 4).features) == ((12, 28, 52), (16, 32, 36))
    before, after = (count_parameters(build_network(one, 1, 3, 3)) for one in (small, filled(small, 3, 4)))
    assert 0.95 * before < after <= before
    deep = UNet(features=(12, 28, 52, 80, 108), strides=((1, 2, 2),) * 5)  # 64 maps at the third would leave too few
    assert filled(deep, 2, 4).features == (16, 32, 52, 80, 100)
    for full in ((8, 8), (16, 32, 32)):  # nothing to give away below, nothing to raise
        kept = UNet(features=full, strides=((2, 2, 2),) * len(full), fine_head=True)
        assert filled(kept, 3, 4) == kept


def test_coarser_networks_of_coarse_answers_end_at_the_same_grid() -> None:
    boxes = UNet(features=(4, 8, 16, 32), strides=((1, 1, 1), *((1, 2, 2),) * 3), output_level=2)
    small = coarser(boxes)
    assert (small.output_level, small.fine_head) == (1, False)
    assert small.output_stride == boxes.output_stride == (1, 4, 4)
    assert coarser(ResidualUNet(features=(4, 8, 16), strides=THREE, blocks=(1, 2, 3))).blocks == (2, 3)


@pytest.mark.parametrize(
    "settings",
    [
        UNet(features=(4, 8), strides=STRIDES),
        UNet(features=(4, 8, 8), strides=((1, 2, 2),) * 3),
        ResNet(size="S"),
    ],
)
def test_what_has_no_finest_level_to_leave_out_is_told(settings) -> None:
    with pytest.raises(MedOptError, match=r"no finest level to leave out: expected a U-Net of three levels"):
        coarser(settings)


def test_narrower_networks_keep_multiples() -> None:
    assert narrower(UNet(features=(8, 16, 40, 64)), 0.5, 4).features == (4, 8, 20, 32)
    assert narrower(UNet(features=(4, 6, 10, 20)), 0.25, 4).features == (4, 4, 4, 4)
    half = narrower(MobileNetV2(size="L"), 0.5, 8)
    assert (half.multiplier, half.decoder) == (0.7, (8, 8, 16, 24, 40))
    with pytest.raises(MedOptError, match=r"cannot be made narrower by a number: expected a U-Net.*found resnet"):
        narrower(ResNet(), 0.5, 4)
