"""Draws: stateless, independent, JSON-able."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt import MedOptError
from medopt.augment import AugmentSettings, Drawn, draw

STRONG = AugmentSettings.preset("strong")


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 2**63), min_size=1, max_size=4),
    st.tuples(*[st.integers(1, 40)] * 3),
    st.tuples(*[st.floats(0.1, 9)] * 3),
)
def test_the_same_seed_gives_the_same_and_json_keeps_it_to_the_bit(seed, shape, spacing) -> None:
    drawn = draw(STRONG, seed, shape, spacing)
    assert draw(STRONG, seed, shape, spacing) == drawn
    assert Drawn.from_json(json.loads(json.dumps(drawn.to_json(), allow_nan=False))) == drawn


@pytest.mark.parametrize(
    ("shape", "spacing", "message"),
    [
        ((0, 4, 4), (1, 1, 1), "wrong patch shape: expected at least 1 voxel"),
        ((4, 4, 4), (1, 0, 1), "wrong spacing: expected millimetres above 0"),
        ((4, 4, 4), (1, 1, float("nan")), "wrong spacing"),
    ],
)
def test_patches_without_voxels_or_size_are_refused(shape: tuple, spacing: tuple, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        draw(STRONG, 1, shape, spacing)


def test_other_seeds_give_other_draws() -> None:
    seeds = [(1, step, sample) for step in range(9) for sample in range(9)]
    drawn = [draw(STRONG, seed, (9, 9, 9), (1, 1, 1)).to_json()["actions"] for seed in seeds]
    some = [json.dumps(actions) for actions in drawn if any(a["technique"] != "flip" for a in actions)]
    assert len(some) > 60
    assert len(set(some)) == len(some)


def test_removing_a_technique_leaves_the_others_as_they_were() -> None:
    fewer = AugmentSettings(techniques=tuple(t for t in STRONG.techniques if t.technique != "rotation"))
    for seed in range(30):
        all_actions = draw(STRONG, seed, (9, 9, 9), (1, 1, 1)).actions
        rest = [a for a in all_actions if a.technique != "rotation"]
        assert list(draw(fewer, seed, (9, 9, 9), (1, 1, 1)).actions) == rest


def test_probability_0_and_1(drawn_of: Callable[..., Drawn]) -> None:
    for seed in range(50):
        assert drawn_of({"technique": "rotation", "probability": 0.0}, seed=seed).actions == ()
        assert len(drawn_of({"technique": "rotation"}, {"technique": "gamma"}, seed=seed).actions) == 2


@pytest.mark.parametrize("seed", [-1, (3, -2), ()])
def test_wrong_seeds_are_refused(seed: object) -> None:
    with pytest.raises(MedOptError, match="wrong seed: expected whole numbers of at least 0"):
        draw(STRONG, seed, (9, 9, 9), (1, 1, 1))
