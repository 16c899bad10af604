"""Differences name exactly what was changed."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from medopt.training.advice.difference import differences
from medopt.training.advice.records import Advice, Reason

VALUES = {
    "seed": 1,
    "preprocess": {"steps": [{"step": "resample", "spacing": [1.0, 1.0, 1.0]}, {"step": "normalize"}]},
    "training": {"patch": [8, 8, 8], "minutes": 5.0, "steps": None},
}
ADVICE = Advice(VALUES, (Reason("preprocess.steps.0.spacing", [1.0, 1.0, 1.0], "The median.", {}, "spacing.median"),))


def changed(**parts: dict) -> dict:
    result = copy.deepcopy(VALUES)
    for name, values in parts.items():
        result[name].update(values)
    return result


def test_the_same_recipe_differs_in_nothing() -> None:
    assert differences(ADVICE, copy.deepcopy(VALUES)) == ()
    assert differences(ADVICE, changed(training={"patch": (8, 8, 8), "minutes": 5})) == ()


def test_each_changed_value_is_named_with_its_reason() -> None:
    steps = [{"step": "resample", "spacing": [2.0, 1.0, 1.0]}, {"step": "normalize"}]
    found = differences(ADVICE, changed(preprocess={"steps": steps}, training={"minutes": None, "steps": 9}))
    assert [(d.field, d.advised, d.chosen) for d in found] == [
        ("preprocess.steps.0.spacing", [1.0, 1.0, 1.0], [2.0, 1.0, 1.0]),
        ("training.minutes", 5.0, None),
        ("training.steps", None, 9),
    ]
    assert found[0].reason == ADVICE.reasons[0]
    assert found[1].reason is None


def test_steps_that_are_added_or_removed_are_one_difference_each() -> None:
    extra = [*VALUES["preprocess"]["steps"], {"step": "median", "size": 3}]
    (found,) = differences(ADVICE, changed(preprocess={"steps": extra}))
    assert (found.field, found.advised, found.chosen) == ("preprocess.steps.2", None, {"step": "median", "size": 3})
    (found,) = differences(ADVICE, changed(preprocess={"steps": extra[:1]}))
    assert (found.field, found.chosen) == ("preprocess.steps.1", None)


def test_fields_on_one_side_only() -> None:
    found = differences(ADVICE, {**VALUES, "extra": 3})
    assert [(d.field, d.advised, d.chosen) for d in found] == [("extra", None, 3)]


LEAVES = st.one_of(st.none(), st.integers(-5, 5), st.text(max_size=2), st.lists(st.integers(0, 3), max_size=3))
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8)


@given(st.dictionaries(st.sampled_from("abc"), TREES, max_size=3))
def test_nothing_differs_from_itself(values) -> None:
    assert differences(Advice(values, ()), copy.deepcopy(values)) == ()
