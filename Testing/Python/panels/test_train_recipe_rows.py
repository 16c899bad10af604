"""A recipe as rows, and back."""

import pytest
from MedOptTrainLib.recipe_rows import changed, decided, reverted, rows
from standins.material import advised

from medopt import MedOptError
from medopt.training.advice import Advice, Reason

VALUES = {
    "format": 1,
    "preprocess": {"steps": [{"step": "resample", "spacing": [2.0, 1.0, 1.0]}, {"step": "normalize"}]},
    "augment": {"techniques": []},
    "network": {"name": "unet", "strides": [[1, 1, 1], [2, 2, 2]]},
    "training": {"patch": [32, 32, 32], "steps": None, "minutes": 10.0},
}


def test_every_value_stands_under_its_dotted_name():
    table = {row.field: row.value for row in rows(VALUES, None)}
    assert table == {
        "format": "1",
        "preprocess.steps.0.step": "resample",
        "preprocess.steps.0.spacing": "[2.0, 1.0, 1.0]",
        "preprocess.steps.1.step": "normalize",
        "augment.techniques": "[]",
        "network.name": "unet",
        "network.strides": "[[1, 1, 1], [2, 2, 2]]",
        "training.patch": "[32, 32, 32]",
        "training.steps": "null",
        "training.minutes": "10.0",
    }


def test_what_differs_from_the_proposal_is_marked():
    edited = changed(VALUES, "training.patch", "[16, 16, 16]")
    found = {row.field: row for row in rows(edited, advised(VALUES))}
    assert found["training.patch"].why == "● changed; proposed: [32, 32, 32] · The median image."
    assert found["preprocess.steps.0.spacing"].why == "The median spacing."
    assert found["preprocess.steps.0.spacing"].tip.splitlines()[1] == "cases: 4"
    assert [name for name, row in found.items() if row.changed] == ["training.patch"]
    assert VALUES["training"]["patch"] == [32, 32, 32], "the proposal itself stays"


def test_the_short_table_holds_a_row_a_reason_and_what_was_changed():
    several = {**VALUES, "preprocess": {"steps": [{"step": "resample", "spacing": [2.0, 1.0, 1.0], "order": 1}]}}
    advice = advised(several)
    whole = Reason("preprocess.steps.0", {}, "All of the step.", rule="spacing.median")
    usual = Reason("augment", {}, "As usual.", rule="default")
    advice = Advice(several, (whole, usual, *advice.reasons[1:]))
    assert [row.field for row in decided(rows(several, advice))] == [
        "preprocess.steps.0.step",
        "training.patch",
        "training.minutes",
    ]
    edited = changed(changed(several, "preprocess.steps.0.order", "3"), "network.name", "resnet")
    assert [row.field for row in decided(rows(edited, advice)) if row.changed] == [
        "preprocess.steps.0.order",
        "network.name",
    ]


def test_what_was_left_out_or_added_is_told():
    fewer = {**VALUES, "preprocess": {"steps": VALUES["preprocess"]["steps"][:1]}, "seed": 3}
    found = {row.field: row for row in rows(fewer, advised(VALUES))}
    assert found["preprocess.steps.1"].value == "left out"
    assert "normalize" in found["preprocess.steps.1"].why
    assert found["seed"].why.startswith("● changed; proposed: nothing")
    assert reverted(fewer, VALUES, "preprocess.steps.1")["preprocess"] == VALUES["preprocess"]
    assert "seed" not in reverted(fewer, VALUES, "seed")


def test_fields_of_another_kind_go_back_together():
    other = {**VALUES, "network": {"name": "resnet", "size": "S", "strides": [[2, 2, 2]] * 5}}
    assert reverted(other, VALUES, "network.size")["network"] == VALUES["network"]
    assert reverted(other, VALUES, "network.strides")["network"] == VALUES["network"]
    steps = [{"step": "clahe", "spacing": [1, 1, 1]}, {"step": "normalize"}]
    swapped = {**VALUES, "preprocess": {"steps": steps}}
    assert reverted(swapped, VALUES, "preprocess.steps.0.spacing")["preprocess"] == VALUES["preprocess"]


def test_one_field_goes_back_alone():
    edited = changed(changed(VALUES, "training.patch", "[8, 8, 8]"), "preprocess.steps.0.spacing", "[3, 1, 1]")
    back = reverted(edited, VALUES, "preprocess.steps.0.spacing")
    assert back["preprocess"] == VALUES["preprocess"]
    assert back["training"]["patch"] == [8, 8, 8]


def test_steps_and_minutes_exclude_each_other():
    edited = changed(VALUES, "training.steps", "500")
    assert edited["training"] == {"patch": [32, 32, 32], "steps": 500, "minutes": None}
    back = changed(edited, "training.minutes", "3")
    assert back["training"] == {"patch": [32, 32, 32], "steps": None, "minutes": 3}


def test_items_of_lists_are_counted_from_zero():
    assert changed(VALUES, "preprocess.steps.0.spacing", "[1, 1, 1]")["preprocess"]["steps"][0]["spacing"] == [1, 1, 1]


@pytest.mark.parametrize(
    "field", ["training.nothing", "preprocess.steps.7.step", "preprocess.steps.x.step", "format.deep"]
)
def test_unknown_fields_are_refused(field):
    with pytest.raises(MedOptError, match="no such field"):
        changed(VALUES, field, "1")


def test_text_that_is_no_yaml_is_refused():
    with pytest.raises(MedOptError, match=r"training.patch: the value cannot be read"):
        changed(VALUES, "training.patch", "[1, 2")
