from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt import MedOptError
from medopt.project.split import PARTS, Split, allocate

FROZEN = {"test": ["a-4", "b-0"], "validation": ["a-0", "b-2"]}
NAMES = st.text("abcdefgh0123456789", min_size=1, max_size=6)


def strata(sizes: dict[str, int]) -> dict[str, str]:
    return {f"{stratum}-{n}": stratum for stratum, size in sizes.items() for n in range(size)}


@given(
    st.dictionaries(NAMES, st.integers(0, 4), min_size=3, max_size=60),
    st.floats(0.02, 0.6),
    st.floats(0.02, 0.38),
    st.integers(0, 1000),
)
def test_every_subject_has_one_part_and_no_part_is_empty(
    groups: dict[str, int], test: float, validation: float, seed: int
) -> None:
    parts = allocate(groups, test=test, validation=validation, seed=seed)
    assert set(parts) == set(groups)
    count = Counter(parts.values())
    assert set(count) == set(PARTS)
    assert abs(count["test"] - len(groups) * test) < 1.5 or count["train"] == 1 or count["test"] == 1
    assert allocate(dict(reversed(groups.items())), test=test, validation=validation, seed=seed) == parts


@given(st.lists(st.integers(5, 80), min_size=1, max_size=5), st.integers(0, 100))
def test_strata_are_shared_out_in_proportion(sizes: list[int], seed: int) -> None:
    groups = strata({f"s{n}": size for n, size in enumerate(sizes)})
    parts = allocate(groups, test=0.2, validation=0.1, seed=seed)
    for part, share in (("test", 0.2), ("validation", 0.1)):
        total = sum(1 for p in parts.values() if p == part)
        assert total == max(1, round(len(groups) * share))
        for n, size in enumerate(sizes):
            given_ = sum(1 for subject, p in parts.items() if p == part and groups[subject] == f"s{n}")
            assert abs(given_ - total * size / len(groups)) < 1


def test_the_draw_is_the_same_for_ever() -> None:
    """A frozen example: a change of the algorithm would change the splits of everybody's projects."""
    parts = allocate(strata({"a": 6, "b": 4}), test=0.2, validation=0.2, seed=1)
    assert sorted(s for s, p in parts.items() if p == "test") == FROZEN["test"]
    assert sorted(s for s, p in parts.items() if p == "validation") == FROZEN["validation"]


def test_another_seed_gives_another_draw() -> None:
    groups = strata({"a": 30})
    drawn = {tuple(sorted(allocate(groups, test=0.2, validation=0.1, seed=seed).items())) for seed in range(20)}
    assert len(drawn) == 20


def test_every_subject_is_drawn_equally_often() -> None:
    groups = strata({"a": 7, "b": 3})
    count = Counter(
        subject
        for seed in range(2000)
        for subject, part in allocate(groups, test=0.3, validation=0.2, seed=seed).items()
        if part == "test"
    )
    assert min(count.values()) > 500
    assert max(count.values()) < 700


@pytest.mark.parametrize(("test", "validation"), [(0, 0.1), (0.2, 0), (0.5, 0.5), (-0.1, 0.1), (1.2, 0.1)])
def test_wrong_shares(test: float, validation: float) -> None:
    with pytest.raises(MedOptError, match="wrong shares"):
        allocate(strata({"a": 9}), test=test, validation=validation, seed=1)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_subjects(count: int) -> None:
    with pytest.raises(MedOptError, match=f"too few subjects for a split: expected at least 3 .* found {count}"):
        allocate(strata({"a": count}), test=0.2, validation=0.1, seed=1)


def test_three_subjects_fill_three_parts() -> None:
    assert sorted(allocate(strata({"a": 3}), test=0.2, validation=0.1, seed=1).values()) == sorted(PARTS)


def make() -> Split:
    subject_of = {"a1": "a", "a2": "a", "b1": "b", "c1": "c", "d1": "d"}
    return Split.of(subject_of, {"a": "train", "b": "validation", "c": "test"}, seed=5)


def test_cases_follow_their_subjects() -> None:
    split = make()
    assert (split.train, split.validation, split.test) == (("a1", "a2"), ("b1",), ("c1",))
    assert split.subjects["train"] == ("a",)
    assert split.part("validation") == ("b1",)
    with pytest.raises(MedOptError, match="unknown part"):
        split.part("training")


def test_json_round_trip_and_hash() -> None:
    split = make()
    assert Split.from_json(json.loads(json.dumps(split.to_json()))) == split
    assert len(split.hash) == 64


@pytest.mark.parametrize("part", PARTS)
def test_any_change_by_hand_is_noticed(part: str) -> None:
    value = make().to_json()
    value["cases"][part].append("new")
    with pytest.raises(MedOptError, match="the split was changed by hand"):
        Split.from_json(value)


def test_a_subject_in_two_parts_is_refused() -> None:
    value = make().to_json()
    value["subjects"]["test"].append("a")
    with pytest.raises(MedOptError, match=r"subject a stands in two parts: .* found train and test"):
        Split.from_json(value)
    with pytest.raises(MedOptError, match="subject a stands in two parts"):
        Split(("x",), ("y",), ("z",), {"train": ("a",), "validation": ("a",), "test": ("b",)}, 1)


def test_a_case_in_two_parts_is_refused() -> None:
    with pytest.raises(MedOptError, match="case x stands in two parts"):
        Split(("x",), ("y",), ("x",), {"train": ("a",), "validation": ("b",), "test": ("c",)}, 1)


@pytest.mark.parametrize("value", [None, {}, {"cases": {}}, {"cases": {"train": []}}, []])
def test_something_else_is_no_split(value: object) -> None:
    with pytest.raises(MedOptError, match="the split is damaged"):
        Split.from_json(value)


def test_a_split_without_its_hash_is_refused() -> None:
    with pytest.raises(MedOptError, match="changed by hand"):
        Split.from_json({**make().to_json(), "hash": ""})
