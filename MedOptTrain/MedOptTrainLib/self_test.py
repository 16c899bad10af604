"""The main paths of the training panel, run inside Slicer."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.packages import lightPackages, workerPackages
from MedOptCoreLib.self_testing import requirePackages, temporaryProject, waitFor


def curvesOfARun(widget: Any) -> None:
    """A recorded run stands in the table, and its curves become plot nodes; a split is made. Needs no torch."""
    import slicer

    from medopt.events import JsonLines
    from medopt.files import write_json

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=4, labelled=4) as project:
        ui = widget.ui
        widget.enter()
        assert not ui.startButton.enabled, "there is no split yet"
        ui.testSpinBox.value = 25.0
        ui.validationSpinBox.value = 25.0
        ui.splitButton.click()
        assert widget.trainer.split is not None
        folder = project.runs_folder / "run-001"
        folder.mkdir()
        write_json(
            folder / "run.json",
            {"format": 1, "name": "run-001", "state": "stopped", "started": "2026-01-01", "seconds_trained": 60.0},
        )
        with open(folder / "events.jsonl", "w", encoding="utf-8") as stream:
            for step in (10, 20, 30):
                JsonLines(stream).emit("metric", step=step, minutes=step / 30, train_loss=1.0 / step)
            JsonLines(stream).emit("metric", step=30, validation_dice=0.8)
        widget.trainer.reload()
        assert ui.runsTable.rowCount == 1
        ui.runsTable.selectRow(0)
        assert "0.800" in ui.curveLabel.text
        chart = widget.curves.node("loss")
        assert chart.GetNumberOfPlotSeriesNodes() == 1
        assert chart.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows() == 3
        ui.showCurvesButton.click()
        selected = slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID()
        assert selected == widget.curves.node(ui.curveSelector.currentData).GetID()
        widget.views.goBack()
        widget.exit()
    slicer.mrmlScene.Clear(False)


def shortTraining(widget: Any, seconds: float = 600) -> None:
    """Train for a few seconds in a worker process and see the run done."""
    requirePackages(lightPackages())
    requirePackages(workerPackages())
    with temporaryProject(widget, cases=6, labelled=6):
        ui = widget.ui
        widget.enter()
        ui.splitButton.click()
        ui.minutesSpinBox.value = 0.1
        ui.startButton.click()
        jobs = widget.panel.jobs
        assert jobs.busy
        assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
        assert jobs.status.state == "done", jobs.log()
        assert [row.state for row in widget.trainer.rows] == ["done"]
        assert widget.curves.node("dice") is not None
        widget.exit()


def adviceAndNetwork(widget: Any, seconds: float = 300) -> None:
    """The worker advises a recipe with reasons; a value is changed and given back; a network is picked by size."""
    requirePackages(lightPackages())
    requirePackages(workerPackages())
    with temporaryProject(widget, cases=4, labelled=4):
        ui, recipe = widget.ui, widget.recipe
        widget.enter()
        _answered(widget, ui.proposeButton.click, seconds)
        assert recipe.advice is not None, ui.problemsLabel.text
        assert "\u26a0" in ui.cautionsLabel.text, "there is no split yet"
        row = [ui.recipeTable.item(n, 0).text() for n in range(ui.recipeTable.rowCount)].index("training.batch_size")
        why = ui.recipeTable.item(row, 2).text()
        recipe.set("training.batch_size", "1")
        assert ui.recipeTable.item(row, 2).text().endswith(why)
        assert ui.recipeTable.item(row, 2).text() != why
        ui.recipeTable.selectRow(row)
        ui.revertButton.click()
        assert ui.recipeTable.item(row, 2).text() == why
        _answered(widget, ui.networksButton.click, seconds)
        assert "parameters" in ui.networkLabel.text, ui.networkLabel.text
        widget.hyper.network.choose("separable_unet", "S")
        assert recipe.values["network"]["name"] == "separable_unet", ui.networkLabel.text
        assert ui.networkSelector.currentData == "separable_unet"
        assert ui.sizeSelector.currentData == "S"
        _answered(widget, ui.checkButton.click, seconds)
        assert ui.problemsLabel.text.startswith("\u2713"), ui.problemsLabel.text
        widget.exit()


def optionsOfTraining(widget: Any) -> None:
    """Loss, running and start of a recipe are edited beside its table. Needs no torch."""
    requirePackages(lightPackages())
    with temporaryProject(widget, cases=3, labelled=3):
        ui, hyper = widget.ui, widget.hyper
        widget.enter()
        assert not ui.startFileButton.enabled, "there is no recipe yet"
        ui.defaultStepsButton.click()
        assert ui.startFileButton.enabled
        hyper.running.setField(("precision",), "float32")
        assert ui.runningChoice0.currentData == "float32"
        hyper.start.choose("/nowhere/bundle")
        assert ui.startSelector.currentData == "/nowhere/bundle"
        assert hyper.transfer.controls()
        hyper.transfer.setField(("layer_decay",), 5.0)
        assert "layer_decay" in ui.transferProblemLabel.text
        hyper.start.choose("")
        assert widget.recipe.values["transfer"] is None
        widget.exit()


def foldsAndSearch(widget: Any) -> None:
    """What folds mean; a search and a range test from the project's folder, with their charts. Needs no torch."""
    import slicer

    from medopt.files import write_json, write_text
    from medopt.training.search import Search, SearchSettings

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=4, labelled=4) as project:
        ui, panel = widget.ui, widget.panel
        widget.enter()
        ui.foldsSection.collapsed = False
        ui.foldsSpinBox.value = 3.0
        assert ui.planTable.rowCount == 1, ui.planLabel.text
        ui.repeatsSpinBox.value = 2.0
        assert "× 2" in ui.planTable.item(0, 0).text()
        ui.nestedCheckBox.click()
        assert ui.nestedTrialsSpinBox.enabled
        assert "search of each fold" in ui.planLabel.text
        ui.nestedCheckBox.click()
        ui.repeatsSpinBox.value = 1.0
        rate = {"field": "training.learning_rate", "kind": "log", "low": 1e-4, "high": 1e-1}
        search = Search(project.runs_folder / "search-001", SearchSettings(dimensions=[rate], trials=4, rounds=1))
        for _number in range(3):
            trial, _go = search.report(search.suggest(), 1.0, 0.5)
            search.finish(trial)
        write_text(search.folder / "best-recipe.yaml", "training: {minutes: 1.0, steps: null, learning_rate: 0.02}\n")
        curve = {"rates": [1e-4, 1e-3, 1e-2], "losses": [1.0, 0.5, 0.6], "smoothed": [1.0, 0.7, 0.6]}
        write_json(project.cache_folder / "lr-range.json", {**curve, "suggestion": 0.001})
        panel.head.projectChanged.emit(project)
        ui.searchSection.collapsed = False
        assert ui.trialsTable.rowCount == 3
        ui.showSearchButton.click()
        assert _activeChart() is not None
        assert _activeChart().GetNumberOfPlotSeriesNodes() == 1
        ui.showSearchButton.click()
        ui.useSearchButton.click()
        assert widget.recipe.values["training"]["learning_rate"] == 0.02
        ui.showRatesButton.click()
        assert _activeChart().GetXAxisLogScale()
        ui.showRatesButton.click()
        ui.useRateButton.click()
        assert widget.recipe.values["training"]["learning_rate"] == 0.001
        ui.foldsSection.collapsed = ui.searchSection.collapsed = True
        widget.exit()
    slicer.mrmlScene.Clear(False)


def _answered(widget: Any, press: Any, seconds: float) -> None:
    """Press a button that asks the worker, and wait for the answer."""
    jobs = widget.panel.jobs
    press()
    assert jobs.busy
    assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
    assert jobs.status.state == "done", jobs.log()


def _activeChart() -> Any:
    """The plot chart that the views show."""
    import slicer

    node = slicer.app.applicationLogic().GetSelectionNode().GetActivePlotChartID()
    return slicer.mrmlScene.GetNodeByID(node) if node else None


def preprocessingPreview(widget: Any) -> None:
    """A case is shown before and after preprocessing, a field is moved, the preview removed: the scene is as before."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, labelled=3):
        ui, previews = widget.ui, widget.previews
        widget.enter()
        ui.defaultStepsButton.click()
        assert ui.stepsTable.rowCount == 1
        ui.stepsTable.selectRow(0)
        before = _sceneState()
        ui.previewButton.click()
        assert previews.preprocess.shown
        assert waitFor(lambda: not previews.preprocess.refiner.busy, 30)
        assert "%" in ui.clippedLabel.text
        clip = next(n for n in range(8) if _text(ui, f"stepSlider{n}Caption") == "clip lower:")
        getattr(ui, f"stepSlider{clip}").value = 5.0
        assert previews.steps.settings.steps[0].clip[0] == 5.0, ui.stepProblemLabel.text
        assert waitFor(lambda: not previews.preprocess.refiner.busy, 30)
        _compareWithTraining(previews)
        ui.blendSlider.value = 1.0
        ui.histogramsButton.click()
        assert previews.preprocess.plotted
        ui.histogramsButton.click()
        ui.previewButton.click()
        assert not previews.preprocess.shown
        assert _sceneState() == before
        widget.exit()
    slicer.mrmlScene.Clear(False)


def augmentationGrid(widget: Any) -> None:
    """Variants are shown side by side, drawn anew and removed: the scene is as before."""
    import slicer

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, labelled=3):
        ui, previews = widget.ui, widget.previews
        widget.enter()
        ui.defaultStepsButton.click()
        ui.standardPresetButton.click()
        names = previews.techniques.names()
        assert ui.techniquesTable.rowCount == len(names)
        ui.techniquesTable.selectRow(names.index("rotation"))
        before = _sceneState()
        ui.variantsButton.click()
        assert previews.augment.shown
        assert waitFor(lambda: not previews.augment.refiner.busy, 60)
        first = ui.captionsLabel.text
        assert first.count("rotation") == previews.augment.count
        ui.seedButton.click()
        assert waitFor(lambda: not previews.augment.refiner.busy, 60)
        assert ui.captionsLabel.text != first
        ui.techniqueOnCheck.checked = False
        assert "rotation" not in ui.captionsLabel.text
        ui.variantsButton.click()
        assert not previews.augment.shown
        assert _sceneState() == before
        widget.exit()
    slicer.mrmlScene.Clear(False)


def _text(ui: Any, name: str) -> str:
    """Text of a label, empty when there is none of the name."""
    return getattr(ui, name).text if hasattr(ui, name) else ""


def _compareWithTraining(previews: Any) -> None:
    import numpy as np

    from medopt.preprocess import Pipeline
    from medopt.scene import image_from_volume, marked_nodes

    (node,) = [n for n in marked_nodes(previews.stage.scene, role="preview") if n.GetName().endswith("prepared")]
    expected = Pipeline(previews.steps.settings).image(previews.case.read()[1])
    np.testing.assert_array_equal(image_from_volume(node).array, expected.array)


def _sceneState() -> list[Any]:
    """Ids of all nodes, what the slice views show, and what is active."""
    import slicer

    from medopt.scene.nodes import subject_hierarchy

    scene = slicer.mrmlScene
    subject_hierarchy(scene)  # made where a cleared scene lacks it
    nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
    selection = slicer.app.applicationLogic().GetSelectionNode()
    state: list[Any] = [sorted(node.GetID() for node in nodes), selection.GetActiveVolumeID()]
    for node in nodes:
        if node.IsA("vtkMRMLSliceCompositeNode"):
            layers = (node.GetBackgroundVolumeID(), node.GetForegroundVolumeID(), node.GetLabelVolumeID())
            state.append((node.GetID(), layers, node.GetForegroundOpacity(), node.GetLabelOpacity()))
        elif node.IsA("vtkMRMLSliceNode"):
            state.append((node.GetID(), node.GetFieldOfView(), node.GetXYZOrigin(), node.GetSliceOffset()))
    return state
