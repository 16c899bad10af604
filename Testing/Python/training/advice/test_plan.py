"""Plans fit memory and time; times are given here, none is measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from medopt.training.advice import plan as module
from medopt.training.advice.networks import Maker, image_candidate, voxel_candidate
from medopt.training.advice.plan import FEWEST_STEPS, OVERHEAD, Plan, Planner
from medopt.training.advice.plan_reasons import plan_cautions


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds a thousand million multiply-adds of a forward pass; change the item to change the machine."""
    chosen = [0.02]

    def seconds(build, channels, space, batch, multiply_adds, divisor, machine, cache) -> float:
        return chosen[0] * multiply_adds * batch / 1e9

    monkeypatch.setattr(module, "step_seconds", seconds)
    return chosen


@pytest.fixture
def plan(machine) -> Callable[..., Plan]:
    """The plan for images of a median shape."""

    def make(shape, *, gib: float = 16, minutes: float | None = 5, kind: str = "cpu") -> Plan:
        dims = 2 if shape[0] == 1 else 3
        planner = Planner(Maker(1, 3, dims, "voxels"), machine(kind, gib), 1e9, 100, minutes, None)
        return planner.voxels(
            lambda size, patch: voxel_candidate(size, kind, patch, (1, 1, 1), minutes=minutes, subjects=100), shape
        )

    return make


def test_a_fast_machine_takes_the_first_choice(pace, plan) -> None:
    found = plan((36, 50, 35))
    assert (found.patch, found.batch_size, found.candidate.size) == ((40, 56, 40), 2, "M")
    assert found.seconds == pytest.approx(OVERHEAD * 2 * 0.02 * found.cost.multiply_adds / 1e9)
    assert found.steps_in(5) == int(300 / found.seconds)
    assert (found.fits, found.limited, found.memory_cut, found.time_cut) == (True, False, False, False)


def test_a_slow_one_takes_a_smaller_network_then_a_smaller_patch(pace, plan) -> None:
    pace[0] = 0.25  # 3.1 s a step
    found = plan((36, 50, 35))
    assert (found.candidate.size, found.first, found.patch) == ("S", "M", (40, 56, 40))
    assert found.enough(5)
    pace[0] = 0.9
    found = plan((36, 50, 35))
    assert found.time_cut
    assert found.steps_in(5) >= FEWEST_STEPS
    assert math.prod(found.patch) < 40 * 56 * 40
    pace[0] = 1000
    found = plan((36, 50, 35))
    assert math.prod(found.patch) >= 32**3  # no smaller, whatever the time
    assert not found.enough(5)


def test_steps_need_no_time(pace, plan) -> None:
    pace[0] = 1000
    found = plan((36, 50, 35), minutes=None)
    assert (found.candidate.size, found.seconds, found.steps_in(None)) == ("M", None, None)


@pytest.mark.parametrize("gib", [0.4, 1, 16])
def test_a_step_fits_the_memory(pace, plan, machine, gib: float) -> None:
    pace[0] = 1e-6
    found = plan((200, 256, 256), gib=gib)
    assert found.cost.step_bytes(found.batch_size) <= machine("cpu", gib).budget
    assert found.fits
    assert found.limited
    assert found.memory_cut == (gib < 16)


def test_what_cannot_fit_is_told(pace, plan) -> None:
    found = plan((36, 50, 35), gib=0.001)
    assert not found.fits
    assert found.batch_size == 1


def test_tiny_images_keep_a_neighbour_at_the_coarsest_level(pace, plan) -> None:
    found = plan((8, 8, 8))
    assert math.prod(found.patch) > math.prod(found.candidate.settings.divisor)
    assert plan((1, 3, 3)).patch == (1, 3, 3)


def test_whole_images_come_fewer_at_a_time_where_time_is_short(pace, machine) -> None:
    pace[0] = 1e-6
    candidate = image_candidate("cpu", (1, 64, 64), (1, 1, 1), 500)
    planner = Planner(Maker(1, 2, 2, "image"), machine(), 1e9, 500, 5, None)
    assert planner.whole(candidate, (1, 64, 64)).batch_size == 64
    work = planner.whole(candidate, (1, 64, 64)).cost.multiply_adds / 1e9
    pace[0] = 300 / 150 / OVERHEAD / (40 * work)  # 40 images a step would just fit
    found = planner.whole(candidate, (1, 64, 64))
    assert found.batch_size == 32
    assert found.enough(5)


def test_memory_that_others_hold_is_told(pace, plan, machine) -> None:
    found, whole = plan((36, 50, 35)), machine()
    need = found.cost.step_bytes(found.batch_size)
    assert plan_cautions(found, replace(whole, free=need), 5) == []
    (caution,) = plan_cautions(found, replace(whole, free=need - 1), 5)
    assert caution.rule == "caution.memory_now"
    (caution,) = plan_cautions(replace(found, seconds=10.0), whole, 5)
    assert (caution.rule, caution.figures) == ("caution.few_steps", {"steps": 30, "minutes_for_enough": 25})
    (caution,) = plan_cautions(replace(found, fits=False), whole, 5)
    assert caution.rule == "caution.memory"
