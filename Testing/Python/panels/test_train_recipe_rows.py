"""A recipe as rows, and back."""

import pytest
from MedOptTrainLib.recipe_rows import changed, rows

from medopt import MedOptError

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
    why = {row.field: row.why for row in rows(edited, VALUES)}
    assert why["training.patch"] == "● changed; proposed: [32, 32, 32]"
    assert why["preprocess.steps.0.spacing"].startswith("median spacing")
    assert VALUES["training"]["patch"] == [32, 32, 32], "the proposal itself stays"


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
