"""Steps and techniques are edited in the one recipe; wrong changes are told and not taken."""

import json

import pytest
import yaml
from MedOptTrainLib.recipe_form import NEEDED_PARTS
from MedOptTrainLib.settings_form import Choice
from standins.material import advised

from medopt.augment import AugmentSettings
from medopt.files import write_text
from medopt.preprocess import PreprocessSettings


@pytest.fixture
def steps(previews):
    previews.steps.begin()
    return previews.steps


@pytest.fixture
def techniques(previews):
    previews.techniques.begin()
    return previews.techniques


def values(previews, part):
    return previews.recipe.values[part]


# ---- one recipe --------------------------------------------------------------------------------------------------


def test_without_a_recipe_sections_offer_the_defaults(previews):
    assert previews.steps.rows() == []
    assert previews.steps.buttons()["defaultStepsButton"].enabled
    assert "Start from the default steps" in previews.steps.buttons()["addStepButton"].toolTip
    previews.steps.begin()
    assert values(previews, "preprocess") == PreprocessSettings().model_dump(mode="json")
    assert "has its steps" in previews.steps.buttons()["defaultStepsButton"].toolTip
    previews.techniques.begin()
    assert previews.techniques.preset == "standard"


def test_a_recipe_begun_in_the_panel_is_completed_by_the_proposal_and_marked(previews, tmp_path):
    recipe = previews.recipe
    previews.steps.begin()
    previews.steps.select(0)
    previews.steps.setField(("clip", 0), 2.5)
    assert recipe.missingParts() == ["augment", "network", "training"]
    assert "press Propose" in recipe.incomplete
    assert not recipe.buttons()["checkButton"].enabled
    proposal = "preprocess: {steps: [{step: normalize}]}\naugment: standard\nnetwork: {a: 1}\ntraining: {steps: 5}\n"
    write_text(tmp_path / "advice.json", json.dumps(advised(yaml.safe_load(proposal)).to_json()))
    recipe._takeAdvice(tmp_path / "advice.json")
    recipe.changed.emit()
    assert recipe.incomplete == ""
    assert set(recipe.values) == set(NEEDED_PARTS)
    assert previews.steps.settings.steps[0].clip == (2.5, 99.5)
    marked = [row.field for row in recipe.rows() if "changed" in row.why]
    assert "preprocess.steps.0.clip" in marked
    assert not any(name.startswith(("network", "training")) for name in marked)


def test_the_table_and_the_section_change_the_same_recipe(previews, steps):
    previews.recipe.set("preprocess.steps.0.method", "0..1")
    assert steps.settings.steps[0].method == "0..1"
    steps.select(0)
    steps.setField(("method",), "percentile")
    assert {row.field: row.value for row in previews.recipe.rows()}["preprocess.steps.0.method"] == "percentile"
    assert "press Check" in previews.recipe.problems


def test_a_wrong_value_in_the_table_is_told_in_the_section(previews, steps):
    previews.recipe.set("preprocess.steps.0.method", "median")
    assert steps.settings is None
    assert "method" in steps.problem
    assert "zscore" in steps.problem, "it tells what is allowed"
    assert steps.rows()[0][1] == "normalize"
    steps.select(0)
    steps.setField(("method",), "0..1")
    assert steps.problem == ""


def test_presets_by_name_are_read_and_written_out(previews):
    previews.recipe.setPart("augment", "light")
    assert previews.techniques.preset == "light"
    previews.techniques.select("rotation")
    previews.techniques.setField(("degrees", 0), 12.0)
    assert values(previews, "augment")["techniques"][0]["degrees"][0] == 12.0
    assert previews.techniques.preset == ""
    previews.recipe.setPart("preprocess", {"steps": [{"step": "window", "preset": "lung"}]})
    previews.steps.select(0)
    previews.steps.setField(("width",), 1000.0)
    assert values(previews, "preprocess")["steps"][0]["level"] == -600
    assert previews.steps.problem == ""


# ---- steps -------------------------------------------------------------------------------------------------------


def test_every_kind_of_step_can_be_added_and_is_valid_at_once(previews, steps):
    kinds = [name for name, _text in steps.kinds()]
    assert {"resample", "resize", "crop_foreground", "normalize", "window"} <= set(kinds)
    for kind in kinds:
        steps.add(kind)
        assert steps.problem == "", kind
        assert steps.rows()[steps.selected][1] == kind.replace("_", " ")
    assert len(steps.settings.steps) == 1 + len(kinds)
    resample = next(s for s in steps.settings.steps if s.step == "resample")
    assert resample.spacing == previews.case.geometry.spacing


def test_steps_are_moved_and_removed(steps):
    steps.add("window")
    steps.add("crop_foreground")

    def order():
        return [row[1] for row in steps.rows()]

    assert order() == ["normalize", "window", "crop foreground"] or steps.selected == 1
    steps.select(2)
    assert "last one" in steps.buttons()["stepDownButton"].toolTip
    steps.move(-1)
    steps.move(-1)
    assert steps.selected == 0
    assert "first one" in steps.buttons()["stepUpButton"].toolTip
    first = order()[0]
    steps.move(-1)
    assert order()[0] == first
    for _ in range(3):
        steps.remove()
    assert steps.settings.steps == ()
    assert steps.selected is None
    assert "Select a step" in steps.buttons()["removeStepButton"].toolTip


def test_a_change_that_is_not_valid_waits_for_the_one_that_mends_it(previews, steps):
    before = values(previews, "preprocess")
    steps.select(0)
    steps.setField(("clip", 0), 99.9)
    assert "Not taken over" in steps.problem
    assert "lower percentile" in steps.problem
    assert values(previews, "preprocess") == before
    shown = {control.path: control for control in steps.controls()}
    assert shown["clip", 0].value == 99.9, "the slider stays where the user put it"
    steps.setField(("clip", 1), 99.95)
    assert steps.problem == ""
    assert steps.settings.steps[0].clip == (99.9, 99.95)


def test_selecting_another_step_drops_what_was_not_taken(steps):
    steps.add("window")
    steps.select(0)
    steps.setField(("clip", 0), 99.9)
    steps.select(1)
    assert steps.problem == ""
    steps.select(0)
    assert {c.path: c for c in steps.controls()}["clip", 0].value == 0.5


def test_windows_are_set_by_preset_and_by_numbers(previews, steps):
    steps.remove()
    steps.add("window")
    assert steps.settings.steps[-1].source == "image"
    steps.setField(("preset",), "brain")
    window = steps.settings.steps[-1]
    assert (window.source, window.level, window.width) == ("values", 40, 80)
    preset = next(c for c in steps.controls() if isinstance(c, Choice) and c.path == ("preset",))
    assert preset.value == "brain"
    steps.setField(("level",), 41.0)
    assert next(c for c in steps.controls() if c.path == ("preset",)).value == ""


def test_a_window_by_values_begins_with_all_values_of_the_case(previews, steps):
    previews.case.read()
    steps.select(0)
    steps.remove()
    steps.add("window")
    steps.setField(("source",), "values")
    assert steps.problem == ""
    low, high = previews.case.known.array.min(), previews.case.known.array.max()
    window = steps.settings.steps[steps.selected]
    assert (window.level - window.width / 2, window.level + window.width / 2) == pytest.approx((low, high))
    level = next(c for c in steps.controls() if c.path == ("level",))
    assert (level.minimum, level.maximum) == (low, high)


def test_fields_are_left_out(steps):
    steps.select(0)
    steps.setAutomatic(("clip", 0), True)
    assert steps.settings.steps[0].clip is None
    steps.setAutomatic(("clip", 0), False)
    assert steps.settings.steps[0].clip == (0.5, 99.5)


def test_old_statistics_of_the_cohort_do_not_outlive_a_change(previews, steps):
    numbers = {"low": 0.0, "high": 1.0, "mean": 0.5, "deviation": 0.1}
    step = {"step": "normalize", "statistics": "cohort", "cohort": [numbers]}
    previews.recipe.setPart("preprocess", {"steps": [step]})
    steps.select(0)
    steps.setField(("clip", 0), 1.0)
    assert steps.settings.steps[0].cohort is None
    steps.setField(("statistics",), "image")
    assert steps.problem == ""


# ---- techniques --------------------------------------------------------------------------------------------------


def test_every_preset_of_the_registry_can_be_chosen(previews, techniques):
    names = [name for name, _text in techniques.presets()]
    assert {"none", "light", "standard", "strong"} <= set(names)
    for name in names:
        techniques.setPreset(name)
        assert techniques.problem == ""
        finest = min(previews.case.geometry.spacing)
        assert techniques.settings.techniques == AugmentSettings.preset(name, voxel=finest).techniques


def test_lengths_of_a_preset_follow_the_spacing_of_the_recipe(previews):
    previews.recipe.setPart("preprocess", {"steps": [{"step": "resample", "spacing": [3.0, 0.5, 0.5]}]})
    previews.techniques.begin()
    expected = AugmentSettings.preset("standard", voxel=0.5)
    assert previews.techniques.settings.techniques == expected.techniques


def test_a_technique_that_is_switched_off_and_on_keeps_its_values(techniques):
    techniques.select("rotation")
    assert techniques.on
    techniques.setField(("degrees", 1), 33.0)
    techniques.switch(False)
    assert not techniques.on
    assert techniques.controls() == ()
    assert "rotation" not in [t.technique for t in techniques.settings.techniques]
    row = dict(zip(techniques.names(), techniques.rows(), strict=True))
    assert row["rotation"][0] == ""
    techniques.switch(True)
    assert {c.path: c for c in techniques.controls()}["degrees", 1].value == 33.0


def test_a_technique_that_was_not_there_gets_its_own_defaults(techniques):
    techniques.setPreset("none")
    techniques.select("cutout")
    techniques.switch(True)
    assert [t.technique for t in techniques.settings.techniques] == ["cutout"]


def test_ranges_that_fold_tissue_are_refused_until_mended(previews, techniques):
    techniques.select("elastic")
    spacing = {c.path: c.value for c in techniques.controls()}["spacing",]
    techniques.setField(("magnitude",), spacing)
    assert "folds over itself" in techniques.problem
    assert techniques.settings is not None
    techniques.setField(("spacing",), 4 * spacing)
    assert techniques.problem == ""
    elastic = next(t for t in techniques.settings.techniques if t.technique == "elastic")
    assert (elastic.spacing, elastic.magnitude) == (4 * spacing, spacing)


def test_the_border_stays(previews, techniques):
    previews.recipe.setPart("augment", {"techniques": [], "border": "edge"})
    techniques.setPreset("light")
    techniques.select("rotation")
    techniques.setField(("probability",), 0.9)
    assert techniques.settings.border == "edge"


def test_sliders_end_where_the_values_of_the_step_before_end(previews, steps):
    previews.case.read()
    steps.add("window")
    steps.setField(("source",), "values")
    steps.select(0)
    steps.setField(("method",), "0..1")
    steps.select(1)
    steps.setField(("level",), 0.5)
    level = next(c for c in steps.controls() if c.path == ("level",))
    assert (level.minimum, level.maximum) == (-0.5, 1.5)
