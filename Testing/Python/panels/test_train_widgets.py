"""The sections Preprocessing and Augmentation through their real .ui file and real slice views."""

from __future__ import annotations

import pytest
from slice_views import scene_state

from medopt.scene import marked_nodes


@pytest.fixture
def panel(application, views, project):
    """The training panel with the small project open."""
    app = application(window=True)
    widget = app.open("MedOptTrain")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.app = app
    return widget


def slider(widget, prefix, caption):
    for n in range(8):
        row = f"{prefix}Slider{n}"
        if getattr(widget.ui, row).visible and getattr(widget.ui, f"{row}Caption").text == f"{caption}:":
            return getattr(widget.ui, row)
    raise LookupError(caption)


def choice(widget, prefix, caption):
    for n in range(5):
        row = f"{prefix}Choice{n}"
        if getattr(widget.ui, row).visible and getattr(widget.ui, f"{row}Caption").text == f"{caption}:":
            return getattr(widget.ui, row)
    raise LookupError(caption)


def pick(combo, text):
    combo.choose(next(i for i in range(combo.count) if combo.itemText(i) == text))


def rows(widget):
    return {row[0]: row[1] for row in widget.ui.recipeTable.texts()}


def test_the_table_follows_the_sliders_and_the_sliders_the_table(panel):
    ui = panel.ui
    ui.defaultStepsButton.click()
    assert not ui.defaultStepsButton.visible
    ui.stepsTable.click(0)
    slider(panel, "step", "clip lower").slide(3.0)
    assert rows(panel)["preprocess.steps.0.clip"] == "[3.0, 99.5]"
    row = [r[0] for r in ui.recipeTable.texts()].index("preprocess.steps.0.clip")
    ui.recipeTable.edit_cell(row, 1, "[7.0, 90.0]")
    assert slider(panel, "step", "clip lower").value == 7.0
    assert ui.stepsTable.texts()[0][2].count("90") == 1
    assert panel.app.errors == []


def test_steps_are_added_moved_and_changed_by_hand(panel):
    ui = panel.ui
    ui.defaultStepsButton.click()
    pick(ui.stepKindSelector, "window")
    ui.addStepButton.click()
    assert [row[1] for row in ui.stepsTable.texts()] == ["normalize", "window"]
    assert ui.stepsTable.currentRow() == 1
    ui.stepUpButton.click()
    assert not ui.stepUpButton.enabled
    pick(choice(panel, "step", "preset"), "brain")
    assert slider(panel, "step", "level").value == 40
    assert slider(panel, "step", "width").value == 80
    pick(choice(panel, "step", "output"), "keep")
    assert rows(panel)["preprocess.steps.0.output"] == "keep"
    ui.removeStepButton.click()
    assert ui.stepsTable.rowCount == 1


def test_a_wrong_value_is_told_beside_the_slider(panel):
    ui = panel.ui
    ui.defaultStepsButton.click()
    assert not ui.stepProblemLabel.visible
    ui.stepsTable.click(0)
    slider(panel, "step", "clip lower").slide(99.9)
    assert ui.stepProblemLabel.visible
    assert "lower percentile" in ui.stepProblemLabel.text
    slider(panel, "step", "clip lower").slide(1.0)
    assert not ui.stepProblemLabel.visible
    assert panel.app.errors == []


def test_leaving_a_field_out_switches_its_sliders_off(panel):
    ui = panel.ui
    ui.defaultStepsButton.click()
    ui.stepsTable.click(0)
    lower, upper = slider(panel, "step", "clip lower"), slider(panel, "step", "clip upper")
    without = getattr(ui, f"{lower.objectName}None")
    assert without.visible
    assert not getattr(ui, f"{upper.objectName}None").visible, "one mark for both ends"
    without.click()
    assert rows(panel)["preprocess.steps.0.clip"] == "null"
    assert not lower.enabled
    without.click()
    assert lower.enabled


def test_only_the_rows_that_are_needed_are_shown(panel):
    ui = panel.ui
    assert not any(getattr(ui, f"stepSlider{n}").visible for n in range(8))
    ui.defaultStepsButton.click()
    ui.stepsTable.click(0)
    shown = [n for n in range(8) if getattr(ui, f"stepSlider{n}").visible]
    assert shown == [0, 1]


def test_the_preview_comes_and_goes_with_its_button(panel, views):
    ui = panel.ui
    assert "default steps" in ui.previewButton.toolTip
    ui.defaultStepsButton.click()
    state = scene_state(panel.app.scene)
    ui.previewButton.click()
    assert ui.previewButton.text == "Remove preview"
    assert "case-0" in ui.previewLabel.text
    ui.blendSlider.slide(0.25)
    assert views["Red"].GetSliceCompositeNode().GetForegroundOpacity() == 0.25
    pick(ui.caseSelector, "case-2")
    assert "case-2" in ui.previewLabel.text
    ui.previewButton.click()
    assert scene_state(panel.app.scene) == state
    assert ui.previewLabel.text == ""
    assert not ui.channelSelector.visible


def test_histograms_bring_their_layout_and_take_it_back(panel):
    ui = panel.ui
    layouts = panel.app.app.layoutManager()
    ui.defaultStepsButton.click()
    ui.previewButton.click()
    before = layouts.layout
    ui.histogramsButton.click()
    assert layouts.layout != before
    assert ui.histogramsButton.text == "Remove histograms"
    ui.previewButton.click()
    assert layouts.layout == before
    assert not marked_nodes(panel.app.scene, role="preview histograms")
    ui.previewButton.click()
    ui.histogramsButton.click()
    ui.histogramsButton.click()
    assert layouts.layout == before


def test_techniques_are_switched_by_check_and_by_double_click(panel):
    ui = panel.ui
    assert ui.techniquesTable.rowCount == 0
    assert not ui.techniqueOnCheck.enabled
    ui.standardPresetButton.click()
    names = [row[1] for row in ui.techniquesTable.texts()]
    assert ui.presetSelector.currentText == "standard"
    at = names.index("elastic")
    ui.techniquesTable.click(at)
    assert ui.techniqueOnCheck.checked
    assert slider(panel, "technique", "magnitude").visible
    ui.techniqueOnCheck.click()
    assert ui.techniquesTable.texts()[at][0] == ""
    assert ui.presetSelector.currentIndex == -1, "a list of one's own"
    ui.techniquesTable.double_click(at)
    assert ui.techniquesTable.texts()[at][0] == "✓"
    assert ui.techniqueOnCheck.checked
    pick(ui.presetSelector, "light")
    assert rows(panel)["augment.techniques.0.technique"] == "rotation"
    ui.techniquesTable.click(names.index("flip"))
    ui.techniqueOnCheck.click()
    checks = [getattr(ui, f"techniqueCheck{n}") for n in range(3)]
    assert [check.text for check in checks] == ["axes k", "axes j", "axes i"]
    checks[0].click()
    flip = next(t for t in panel.previews.techniques.settings.techniques if t.technique == "flip")
    assert flip.axes == ("j", "i")
    assert panel.app.errors == []


def test_variants_are_shown_counted_and_drawn_anew(panel):
    ui = panel.ui
    ui.defaultStepsButton.click()
    ui.standardPresetButton.click()
    state = scene_state(panel.app.scene)
    ui.variantsButton.click()
    assert len(ui.captionsLabel.text.splitlines()) == 4
    pick(ui.variantsSelector, "9")
    assert ui.captionsLabel.text.splitlines()[8].startswith("9. seed 9 · ")
    ui.seedButton.click()
    assert ui.captionsLabel.text.startswith("1. seed 10 · ")
    ui.alwaysCheck.click()
    ui.variantsButton.click()
    assert scene_state(panel.app.scene) == state
    assert ui.captionsLabel.text == ""


def test_a_training_waits_for_a_whole_recipe(panel, monkeypatch):
    ui = panel.ui
    ui.defaultStepsButton.click()
    assert "press Propose" in ui.recipeLabel.text
    assert not ui.startButton.enabled
    panel.trainer.split = object()
    monkeypatch.setattr(panel.trainer, "_missingPackages", list)
    panel.trainer.changed.disconnect(panel.onSplit)
    panel.trainer.changed.disconnect(panel.show)
    monkeypatch.setattr(type(panel.trainer), "splitText", "")
    panel.show()
    assert "press Propose" in ui.startButton.toolTip
    ui.standardPresetButton.click()
    for part in ("network", "training"):
        panel.recipe.setPart(part, {"patch": [8, 8, 8]})
    assert ui.startButton.enabled, "the whole recipe is there"


def test_another_project_and_the_end_take_previews_away(panel, views):
    ui = panel.ui
    ui.defaultStepsButton.click()
    state = scene_state(panel.app.scene)
    ui.previewButton.click()
    panel.panel.head.close()
    assert scene_state(panel.app.scene) == state
    assert ui.caseSelector.count == 0
    assert ui.stepsTable.rowCount == 0
    panel.cleanup()
    assert panel.previews.stage._tags == []
    panel.cleanup = lambda: None


def test_a_split_takes_its_test_subjects_out_of_the_choice(panel, project):
    from standins.material import blob

    for caseId in ("case-2", "case-3"):
        project.save_label(caseId, blob((1, 2), 1), annotator="me")
    panel.trainer.reload()
    assert panel.ui.caseSelector.count == 4
    panel.ui.splitButton.click()
    (sealed,) = panel.trainer.split.test
    offered = [panel.ui.caseSelector.itemText(n) for n in range(panel.ui.caseSelector.count)]
    assert len(offered) == 3
    assert sealed not in offered


def test_a_move_of_a_slider_asks_the_catalogue_nothing(panel, project, monkeypatch):
    ui = panel.ui
    ui.defaultStepsButton.click()
    ui.standardPresetButton.click()
    ui.stepsTable.click(0)
    ui.previewButton.click()
    for name in ("cases", "case", "read_image", "read_label"):
        monkeypatch.setattr(project, name, lambda *_arguments, name=name: pytest.fail(f"asked for {name}"))
    slider(panel, "step", "clip lower").slide(3.0)
    assert panel.previews.steps.settings.steps[0].clip[0] == 3.0


def test_one_move_is_worked_out_once(panel, monkeypatch):
    ui = panel.ui
    ui.defaultStepsButton.click()
    ui.stepsTable.click(0)
    ui.previewButton.click()
    drawn = []
    draw = panel.previews.preprocess._draw
    monkeypatch.setattr(panel.previews.preprocess, "_draw", lambda: drawn.append(1) or draw())
    slider(panel, "step", "clip lower").slide(3.0)
    assert drawn == [1]


def proposed(panel, values=None):
    """Press Propose from data and let the worker answer."""
    import json

    from standins.material import advised

    from medopt.files import write_text

    recipe = {
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": {"techniques": []},
        "network": {"name": "unet", "strides": [[1, 1, 1], [2, 2, 2]], "features": [8, 16]},
        "training": {"patch": [32, 32, 32], "batch_size": 2, "steps": None, "minutes": 10.0},
    }
    panel.ui.proposeButton.click()
    file = panel.app.library.started[-1][-1]
    write_text(file, json.dumps(advised(values or recipe).to_json()))
    answered(panel)


def answered(panel, state="done"):
    """The worker ends what it was asked last."""
    panel.app.library.jobs[-1].finish(state)
    panel.panel.jobs.poll()


def test_advice_stands_in_the_table_with_its_figures_and_warnings(panel):
    ui = panel.ui
    assert not ui.cautionsLabel.visible
    assert not ui.allFieldsCheck.visible
    proposed(panel)
    assert "training.batch_size" not in rows(panel)
    ui.allFieldsCheck.click()
    assert "training.batch_size" in rows(panel)
    ui.allFieldsCheck.click()
    assert "4 subjects" in ui.cautionsLabel.text
    assert ui.cautionsLabel.visible
    row = [r[0] for r in ui.recipeTable.texts()].index("training.patch")
    assert ui.recipeTable.texts()[row][2] == "The median image."
    assert "Source: " in ui.recipeTable.item(row, 2).toolTip()
    ui.recipeTable.edit_cell(row, 1, "[16, 32, 32]")
    assert ui.recipeTable.texts()[row][2].startswith("● changed; proposed: [32, 32, 32] · The median")
    assert not ui.revertButton.enabled
    ui.recipeTable.click(row)
    ui.revertButton.click()
    assert ui.recipeTable.texts()[row][1:] == ["[32, 32, 32]", "The median image."]
    assert panel.app.errors == []


# ---- train, cross-validation, search -------------------------------------------------------------------------------


def test_a_network_is_picked_by_name_and_size(panel):
    from medopt.files import write_json

    ui = panel.ui
    assert not ui.networkSelector.enabled
    assert "Propose" in ui.networkSelector.toolTip
    proposed(panel)
    assert ui.networkSelector.currentData == "unet"
    assert ui.sizeSelector.currentText == "own values"
    ui.sizeSelector.choose(ui.sizeSelector.findData("S"))
    words = panel.app.library.started[-1]
    assert words[0] == "networks"
    assert "works out" in ui.networkLabel.text
    part = {"name": "unet", "features": [4, 8], "strides": [[1, 1, 1], [2, 2, 2]]}
    figures = {"parameters": 9999, "multiply_adds": 1e9, "step_bytes": 2**29, "fits": False, "seconds": None}
    one = {"name": "unet", "size": "S", "network": part, "patch": [32, 32, 32], "problem": "", **figures}
    write_json(words[-1], {"format": 1, "networks": [one]})
    answered(panel)
    assert rows(panel)["network.features"] == "[4, 8]"
    assert ui.sizeSelector.currentText == "S"
    assert "9,999 parameters" in ui.networkLabel.text
    assert "more than this computer may take" in ui.networkLabel.text
    assert ui.measureButton.enabled
    assert panel.app.errors == []


def test_loss_and_running_are_edited_beside_the_table(panel):
    ui = panel.ui
    assert not ui.lossChoice0.visible
    proposed(panel)
    pick(choice(panel, "loss", "Loss"), "focal")
    assert rows(panel)["loss.name"] == "focal"
    slider(panel, "loss", "gamma").slide(3.0)
    assert rows(panel)["loss.gamma"] == "3.0"
    assert not ui.runningProblemLabel.visible
    pick(choice(panel, "running", "precision"), "float32")
    ui.runningCheck0.click()
    assert rows(panel)["running.precision"] == "float32"
    assert rows(panel)["running.deterministic"] == "true"
    assert panel.app.errors == []


def test_a_training_starts_from_what_was_chosen_on_the_device_chosen(panel, project, monkeypatch):
    import importlib

    from medopt.files import write_bytes, write_json

    ui = panel.ui
    write_json(project.runs_folder / "pre-001" / "pretraining.json", {})
    write_bytes(project.runs_folder / "pre-001" / "checkpoints" / "last.safetensors", b"")
    proposed(panel)
    assert not ui.transferSection.visible
    pick(ui.startSelector, "pretraining pre-001")
    assert rows(panel)["transfer.source"] == "pre-001"
    assert ui.transferSection.visible
    pick(choice(panel, "transfer", "freeze"), "the encoder")
    assert slider(panel, "transfer", "thaw").value == 1.0
    tools = importlib.import_module("MedOptCoreLib.qt_tools")
    monkeypatch.setattr(tools, "chooseFolder", lambda _title, _start="": "/some/bundle")
    ui.startFolderButton.click()
    assert ui.startSelector.currentData == "/some/bundle"
    pick(ui.deviceSelector, "CPU")
    ui.threadsSpinBox.value = 2.0
    assert (panel.trainer.device, panel.trainer.threads) == ("cpu", 2)
    panel.app.library.started.clear()
    ui.proposeButton.click()
    assert panel.app.library.started[-1][4:6] == ["--device", "cpu"]


def test_what_folds_mean_is_told_while_the_section_is_open(panel, project):
    from standins.material import blob

    for case in ("case-2", "case-3"):
        project.save_label(case, blob((1, 2)), annotator="kim")
    ui = panel.ui
    assert ui.planTable.rowCount == 0
    ui.foldsSection.collapsed = False
    panel.hyper.folds.reload()
    ui.foldsSpinBox.value = 4.0
    assert [row[0] for row in ui.planTable.texts()] == ["3", "▸ 4"]
    assert "4 subjects take part" in ui.planLabel.text
    ui.splitButton.click()
    ui.foldsSpinBox.value = 3.0
    assert not ui.nestedTrialsSpinBox.enabled
    ui.repeatsSpinBox.value = 2.0
    ui.nestedTrialsSpinBox.value = 9.0
    ui.nestedCheckBox.click()
    assert ui.nestedTrialsSpinBox.enabled
    assert [row[0] for row in ui.planTable.texts()] == ["▸ 3 × 2"]
    assert "The search of each fold" in ui.planLabel.text
    ui.crossvalButton.click()
    asked = ["crossval", str(project.folder), "--folds", "3", "--repeats", "2", "--nested", "--trials", "9"]
    assert panel.app.library.started[-1][:9] == asked
    assert ui.crossvalButton.text == "Stop"
    assert "job under way" in ui.startButton.toolTip
    answered(panel, "stopped")
    assert ui.crossvalButton.text == "Cross-validate"
    assert panel.app.errors == []


def test_a_search_fills_its_tables_and_shows_its_charts(panel, project):
    from medopt.files import write_text
    from medopt.training.search import Search, SearchSettings

    rate = {"field": "training.learning_rate", "kind": "log", "low": 1e-4, "high": 1e-1}
    search = Search(project.runs_folder / "search-001", SearchSettings(dimensions=[rate], trials=4, rounds=1))
    for _number in range(2):
        trial, _go = search.report(search.suggest(), 1.0, 0.5)
        search.finish(trial)
    panel.panel.head.close()
    panel.panel.head.open(project.folder)
    ui = panel.ui
    ui.searchSection.collapsed = False
    assert ui.searchSelector.currentText == "search-001"
    assert ui.trialsTable.rowCount == 2
    assert ui.rangesTable.texts()[0][:2] == ["training.learning_rate", "0.0001 to 0.1"]
    before = panel.app.app.layoutManager().layout
    ui.showSearchButton.click()
    assert panel.app.app.layoutManager().layout != before
    ui.showSearchButton.click()
    assert panel.app.app.layoutManager().layout == before
    pick(ui.pictureSelector, "Parallel coordinates (picture)")
    write_text(search.folder / "parallel-coordinates.png", "")
    ui.showSearchButton.click()
    assert len(panel.app.opened) == 1
    write_text(search.folder / "best-recipe.yaml", "training:\n  learning_rate: 0.02\n")
    panel.searching.show()
    ui.useSearchButton.click()
    assert rows(panel)["training.learning_rate"] == "0.02"
    assert panel.app.errors == []


def test_the_suggested_rate_is_shown_and_used(panel, project):
    from medopt.files import write_json

    curve = {"rates": [1e-4, 1e-3], "losses": [1.0, 0.5], "smoothed": [1.0, 0.6], "suggestion": 0.001}
    write_json(project.cache_folder / "lr-range.json", curve)
    panel.panel.head.close()
    panel.panel.head.open(project.folder)
    ui = panel.ui
    assert "0.001" in ui.rateLabel.text
    assert "recipe" in ui.useRateButton.toolTip
    proposed(panel)
    ui.showRatesButton.click()
    assert len(marked_nodes(panel.app.scene, role="learning rates")) == 1
    ui.useRateButton.click()
    assert rows(panel)["training.learning_rate"] == "0.001"
    assert panel.app.errors == []
