"""Which patch comes next is a pure function of seed and step, and covers what it should."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from medopt.augment import AugmentSettings
from medopt.augment.balance import BalanceSettings
from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.tasks import ClassificationTask, SegmentationTask
from medopt.training.cache import PreparedCase
from medopt.training.recipe import TrainingSettings
from medopt.training.sampling import PatchSampler

CLASSES = [ClassInfo(value=n, name=f"class {n}", color="#808080") for n in (1, 2)]
TASK = SegmentationTask(CLASSES)


def case(name: str, shape: tuple[int, int, int] = (20, 20, 20), corner: int = 0) -> PreparedCase:
    """Voxels that hold their own index, and one structure in a corner."""
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(1, *shape)
    target = np.zeros(shape, np.uint8)
    target[: corner + 1, 0, 0] = 1
    points = (np.argwhere(target == 1).astype(np.int32), np.zeros((0, 3), np.int32))
    return PreparedCase(name, name, image, target, points, Geometry(shape))


def sampler(cases: list[PreparedCase], **more: object) -> PatchSampler:
    settings = TrainingSettings(patch=(8, 8, 8), steps=10, **more)  # type: ignore[arg-type]
    return PatchSampler(cases, TASK, settings, AugmentSettings.preset("none"), 3, torch.device("cpu"))


def test_the_same_step_gives_the_same_batch_whatever_came_before() -> None:
    first, second = sampler([case("a"), case("b")]), sampler([case("a"), case("b")])
    for step in (0, 1, 2):
        second.batch(step)
    one, other = first.batch(7), second.batch(7)
    assert torch.equal(one.images, other.images)
    assert one.targets.keys() == other.targets.keys()
    assert all(torch.equal(one.targets[name], other.targets[name]) for name in one.targets)
    assert not torch.equal(one.images, first.batch(8).images)


def test_every_case_comes_once_an_epoch() -> None:
    cases = [case("a", (9, 8, 8)), case("b", (10, 8, 8)), case("c", (11, 8, 8))]
    drawn = sampler(cases, batch_size=1)
    names = [drawn._case(n).case for n in range(30)]
    assert all(sorted(names[n : n + 3]) == ["a", "b", "c"] for n in range(0, 30, 3))
    assert len({tuple(names[n : n + 3]) for n in range(0, 30, 3)}) > 1
    assert drawn.epoch(3) == 1


@pytest.mark.parametrize(("share", "seen"), [(1.0, 40), (0.0, 0)])
def test_the_share_of_patches_on_a_structure_is_kept(share: float, seen: int) -> None:
    drawn = sampler([case("a", (40, 40, 40))], batch_size=1, foreground_share=share)
    hits = sum(bool((drawn.batch(n).targets["classes"] == 1).any()) for n in range(40))
    assert abs(hits - seen) <= (1 if share == 0 else 0)


def test_patches_stay_inside_and_reach_every_corner() -> None:
    drawn = sampler([case("a")], batch_size=1, foreground_share=0.0)
    corners = Counter()
    for n in range(3000):
        center = drawn._center(drawn.cases[0], n)
        start = center - 4
        assert (start >= 0).all()
        assert (start + 8 <= 20).all()
        corners[tuple(start)] += 1
    seen = np.array(list(corners))
    assert (seen.min(axis=0) == 0).all()
    assert (seen.max(axis=0) == 12).all()


def test_an_image_smaller_than_the_patch_lies_in_its_middle() -> None:
    batch = sampler([case("a", (4, 8, 6))], batch_size=1).batch(0)
    images, targets = batch.images, batch.targets["classes"]
    assert images.shape == (1, 1, 8, 8, 8)
    inside = images[0, 0, 2:6, :, 1:7]
    assert torch.equal(inside, torch.arange(4 * 8 * 6, dtype=torch.float32).reshape(4, 8, 6))
    assert float(images.sum()) == float(inside.sum())
    assert targets.shape == (1, 8, 8, 8)


def test_2d_patches_lose_their_first_axis() -> None:
    settings = TrainingSettings(patch=(1, 8, 8), steps=10)
    drawn = PatchSampler(
        [case("a", (5, 16, 16))], TASK, settings, AugmentSettings.preset("none"), 3, torch.device("cpu")
    )
    batch = drawn.batch(0)
    images, targets = batch.images, batch.targets["classes"]
    assert images.shape == (2, 1, 8, 8)
    assert targets.shape == (2, 8, 8)


def test_a_part_of_a_batch_is_cut_from_images_and_targets() -> None:
    whole = sampler([case("a"), case("b")], batch_size=4).batch(3)
    part = whole.part(1, 3)
    assert len(part) == 2
    assert torch.equal(part.images, whole.images[1:3])
    assert all(torch.equal(part.targets[name], whole.targets[name][1:3]) for name in whole.targets)


def test_the_cases_of_a_step_are_named() -> None:
    drawn = sampler([case("a"), case("b")], batch_size=2)
    assert sorted(drawn.names(5)) == ["a", "b"]


def test_targets_of_whole_images_do_not_move_with_the_patch() -> None:
    grid = Geometry((1, 12, 12))
    target, middle = np.array([0, 1], np.uint8), np.array([[0, 6, 6]], np.int32)
    image = np.ones((1, *grid.shape), np.float32)
    one = PreparedCase("a", "a", image, target, (middle[:0], middle), grid, (), np.array([True, True]))
    settings = TrainingSettings(patch=(1, 8, 8), steps=1, batch_size=3)
    task = ClassificationTask(CLASSES)
    batch = PatchSampler([one], task, settings, AugmentSettings.preset("strong"), 1, torch.device("cpu")).batch(0)
    assert batch.images.shape == (3, 1, 8, 8)
    assert batch.targets["classes"].tolist() == [[0, 1]] * 3


def uneven_cases(common: int, rare: int) -> list[PreparedCase]:
    """Cases of one class each: the common one first."""
    grid = Geometry((4, 8, 8))
    cases = []
    for number in range(common + rare):
        points = [np.empty((0, 3), np.int32), np.empty((0, 3), np.int32)]
        points[int(number >= common)] = np.array([[1, 2, 3]], np.int32)
        image, target = np.zeros((1, *grid.shape), np.float32), np.zeros(grid.shape, np.uint8)
        cases.append(PreparedCase(f"c{number}", f"s{number}", image, target, tuple(points), grid))
    return cases


@pytest.mark.parametrize(("method", "length"), [("weights", 24), ("copies", 40)])
def test_rare_cases_come_more_often_in_every_epoch(method: str, length: int) -> None:
    cases = uneven_cases(20, 4)
    settings = TrainingSettings(patch=(4, 8, 8), steps=10)
    sampler = PatchSampler(
        cases,
        TASK,
        settings,
        AugmentSettings(),
        1,
        torch.device("cpu"),
        BalanceSettings(target=1.0, limit=10, method=method),
    )
    assert sampler.epoch(length) == settings.batch_size
    orders = []
    for epoch in range(3):
        names = [sampler._case(epoch * length + n).case for n in range(length)]
        rare = sum(int(name[1:]) >= 20 for name in names)
        assert abs(rare - length / 2) <= (0 if method == "copies" else 1)
        orders.append(names)
    assert orders[0] != orders[1]
    again = PatchSampler(cases, TASK, settings, AugmentSettings(), 1, torch.device("cpu"), sampler.balance)
    assert [again._case(n).case for n in range(length, 2 * length)] == orders[1]


def test_without_balancing_the_order_is_a_plain_shuffle() -> None:
    cases = uneven_cases(5, 2)
    sampler = PatchSampler(
        cases, TASK, TrainingSettings(patch=(4, 8, 8), steps=1), AugmentSettings(), 3, torch.device("cpu")
    )
    names = [sampler._case(n).case for n in range(14)]
    expected = [f"c{n}" for epoch in (0, 1) for n in np.random.default_rng((3, 1, epoch)).permutation(7)]
    assert names == expected


def test_weights_are_kept_by_class_in_each_epoch_and_by_case_over_epochs() -> None:
    """A case of weight w comes w times an epoch but for less than one, and is not left out for long."""
    cases = uneven_cases(37, 5)
    settings, none = TrainingSettings(patch=(4, 8, 8), steps=1), AugmentSettings()
    sampler = PatchSampler(cases, TASK, settings, none, 5, torch.device("cpu"), BalanceSettings(target=0.7, limit=20))
    times = dict(zip((case.case for case in cases), sampler._balanced.times, strict=True))
    rare = sum(times[f"c{n}"] for n in range(37, 42))
    epochs = [Counter(sampler._case(42 * epoch + n).case for n in range(42)) for epoch in range(40)]
    for counted in epochs:
        assert all(abs(counted[name] - weight) < 1 for name, weight in times.items())
        assert abs(sum(counted[f"c{n}"] for n in range(37, 42)) - rare) < 1
    for name, weight in times.items():
        assert sum(counted[name] for counted in epochs) == pytest.approx(40 * weight, abs=2)
        gaps = np.diff([-1, *(e for e, counted in enumerate(epochs) if counted[name]), 40])
        assert gaps.max() <= 4 / weight


def test_copies_come_as_often_as_they_are_and_each_is_augmented_anew() -> None:
    cases = uneven_cases(6, 2)
    settings = TrainingSettings(patch=(4, 8, 8), steps=1)
    copies = BalanceSettings(target=1.0, method="copies")
    sampler = PatchSampler(cases, TASK, settings, AugmentSettings.preset("strong"), 5, torch.device("cpu"), copies)
    for epoch in range(3):
        counted = Counter(sampler._case(12 * epoch + n).case for n in range(12))
        assert counted == Counter({**dict.fromkeys([f"c{n}" for n in range(6)], 1), "c6": 3, "c7": 3})
