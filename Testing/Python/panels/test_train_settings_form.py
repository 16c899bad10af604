"""Controls made from any settings class."""

from typing import Annotated, Literal

import pytest
from MedOptTrainLib.settings_form import Check, Choice, Slider, automated, controls, edited, kindOf
from pydantic import Field

from medopt.augment import TECHNIQUES
from medopt.augment.flip import Flip
from medopt.preprocess import Normalize, Resample, Window
from medopt.preprocess.registry import AnyStep
from medopt.settings import Settings

STEPS = AnyStep.__origin__.__args__


class Made(Settings):
    step: Literal["made"] = "made"
    size: Annotated[float, Field(gt=0, le=9)] = Field(default=2.0, description="width in mm, of the filter")
    count: int = Field(default=3, ge=1, description="iterations")
    limit: float | None = Field(default=None, gt=0, description="none for no limit")
    mode: Literal["a", "b"] = "a"
    quick: bool = False
    pair: tuple[float, float] | None = (1.0, 2.0)
    anything: dict[str, int] = {}  # noqa: RUF012 - a type without a control


def by_path(model, values, spans=None):
    return {control.path: control for control in controls(model, values, spans)}


def test_each_kind_of_field_has_its_control():
    found = by_path(Made, {})
    assert set(found) == {("size",), ("count",), ("limit",), ("mode",), ("quick",), ("pair", 0), ("pair", 1)}
    size = found["size",]
    assert isinstance(size, Slider)
    assert (size.value, size.maximum, size.unit, size.automatic) == (2.0, 9, " mm", None)
    assert 0 < size.minimum <= size.step, "0 itself is not allowed"
    assert (found["count",].decimals, found["count",].step, found["count",].whole) == (0, 1, True)
    assert found["limit",].automatic is True
    assert found["pair", 1].automatic is False
    assert isinstance(found["mode",], Choice)
    assert found["mode",].options == (("a", "a"), ("b", "b"))
    assert isinstance(found["quick",], Check)


def test_what_the_recipe_says_can_always_be_shown():
    assert by_path(Made, {})["count",].maximum < 500
    assert by_path(Made, {"count": 500})["count",].maximum == 500


def test_ends_may_come_from_the_data_but_stay_within_the_limits():
    size = by_path(Made, {}, {"size": (-5, 40)})["size",]
    assert size.maximum == 9
    assert size.minimum > 0


def test_changes_are_copies():
    values = {"pair": [1.0, 2.0]}
    assert edited(Made, values, ("pair", 1), 5.0) == {"pair": [1.0, 5.0]}
    assert edited(Made, {}, ("pair", 0), 0.5) == {"pair": [0.5, 2.0]}
    assert edited(Made, {}, ("mode",), "b") == {"mode": "b"}
    assert values == {"pair": [1.0, 2.0]}


def test_fields_are_left_out_and_given_again():
    assert automated(Made, {"limit": 3.0}, "limit", True) == {"limit": None}
    assert automated(Made, {"limit": None}, "limit", False, 7.0) == {"limit": 7.0}
    assert automated(Made, {"pair": None}, "pair", False) == {"pair": [1.0, 2.0]}
    Made.model_validate(automated(Made, {}, "limit", False))


def test_a_list_of_names_is_a_check_for_each():
    found = by_path(Flip, {"axes": ["k", "i"]})
    assert [found["axes", a].value for a in "kji"] == [True, False, True]
    assert edited(Flip, {"axes": ["k", "i"]}, ("axes", "j"), True)["axes"] == ["k", "j", "i"]
    assert edited(Flip, {}, ("axes", "k"), False)["axes"] == ["j", "i"]


def test_fields_that_do_not_count_are_not_shown():
    assert ("level",) in by_path(Window, {"source": "values", "level": 1.0, "width": 2.0})
    found = by_path(Window, {"source": "cohort"})
    assert ("level",) not in found
    assert ("percentiles", 0) in found
    assert ("region",) not in by_path(Normalize, {"statistics": "cohort"})


@pytest.mark.parametrize("model", [*STEPS, *TECHNIQUES], ids=kindOf)
def test_every_position_of_every_slider_can_be_read_by_the_class(model):
    """Each end alone, the other fields as they are: valid, or refused with words of the class."""
    start = {name: [1.0, 1.0, 1.0] if name == "spacing" else [8, 8, 8] for name in ("spacing", "shape")}
    values = {k: v for k, v in start.items() if k in model.model_fields and model.model_fields[k].is_required()}
    values |= {"source": "image"} if model is Window else {}
    sliders = [control for control in controls(model, values) if isinstance(control, Slider)]
    for control in sliders:
        assert control.minimum <= control.value <= control.maximum
        for end in (control.minimum, control.maximum):
            number = round(end) if control.whole else end
            problem = refused(model, edited(model, values, control.path, number))
            assert not problem or "Value error" in problem, "only rules between fields may refuse what a slider offers"


def refused(model, values):
    try:
        model.model_validate(values)
    except ValueError as error:
        return str(error)
    return ""


def test_pool_rows_of_the_file_suffice():
    from pathlib import Path

    text = (Path(__file__).parents[3] / "MedOptTrain/Resources/UI/MedOptTrain.ui").read_text()
    for prefix, models in (("step", STEPS), ("technique", TECHNIQUES)):
        for model in models:
            for kind in (Choice, Slider, Check):
                count = sum(isinstance(c, kind) for c in controls(model, {})) + (kind is Choice and model is Window)
                assert count == 0 or f'name="{prefix}{kind.__name__}{count - 1}"' in text, kindOf(model)


def test_resample_speaks_of_axes_and_mm():
    found = by_path(Resample, {"spacing": [2.0, 1.0, 1.0]})
    assert found["spacing", 0].label == "spacing k"
    assert found["spacing", 0].unit == " mm"
