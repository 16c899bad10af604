"""The section Explain, run inside Slicer on maps that are made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from MedOptCoreLib.packages import lightPackages
from MedOptCoreLib.self_testing import requirePackages, temporaryProject
from MedOptValidateLib.self_test import recordValidation


def recordMaps(project: Any, cases: tuple[str, ...]) -> Any:
    """Write maps of the first class of ``cases`` into run-001: the largest value lies in the corner of the image."""
    from medopt.image import Image
    from medopt.io import write_image
    from medopt.validation.explain import CaseMap, ExplainSettings, Explanation, Rate, SanityRow, explanation_folder

    folder = explanation_folder(project.runs_folder / "run-001", "test", "gradcam")
    info, maps = project.settings.classes[0], []
    for case in cases:
        geometry = project.read_image(case).geometry
        heat = np.zeros(geometry.shape, np.uint8)
        heat[0, 0, 0] = 100
        file = f"maps/{case}.{info.value}.nrrd"
        write_image(Image(heat[np.newaxis], geometry), folder / file)
        maps.append(CaseMap(case, project.case(case).subject, info.value, info.name, file, 1.0))
    rate = Rate(0.1, 0.0, 0.2, 6, 6)
    found = Explanation(
        "run-001",
        "segmentation",
        "test",
        "best",
        ExplainSettings(),
        "stages.1",
        (2, 3, 4),
        tuple(maps),
        (),
        (),
        (SanityRow("stages.0", rate, rate),),
    )
    found.save(folder)
    return found


def mapOverCase(widget: Any) -> None:
    """A map comes with its case, over the image and with a legend, and goes when it is switched off."""
    import slicer

    from medopt.scene import image_from_volume, marked_nodes
    from medopt.scene.explanation import ROLE, legend_of

    requirePackages(lightPackages())
    slicer.mrmlScene.Clear(False)
    with temporaryProject(widget, cases=3, labelled=3) as project:
        cases = ("case-0", "case-1", "case-2")
        recordValidation(project, cases)
        recordMaps(project, cases[:2])
        ui = widget.ui
        widget.enter()
        widget.validator.reload()
        assert "These maps depend on what the network learned" in ui.explainLabel.text
        assert not ui.showMapCheck.enabled, "no case stands in the scene yet"
        widget.resultsWidget.onCaseClicked(0, 0)
        assert ui.showMapCheck.enabled
        ui.showMapCheck.click()
        (node,) = [one for one in marked_nodes(slicer.mrmlScene, role=ROLE) if one.IsA("vtkMRMLScalarVolumeNode")]
        assert image_from_volume(node).geometry.is_close(project.read_image("case-0").geometry, 1e-6)
        assert legend_of(node).GetTitleText().startswith("Grad-CAM of")
        ui.nextWorstButton.click()
        (node,) = [one for one in marked_nodes(slicer.mrmlScene, role=ROLE) if one.IsA("vtkMRMLScalarVolumeNode")]
        assert node.GetName().startswith("case-1"), "the map goes with the case"
        ui.nextWorstButton.click()
        assert marked_nodes(slicer.mrmlScene, role=ROLE) == [], "a case without a map shows none"
        widget.resultsWidget.onCaseClicked(0, 0)
        ui.showMapCheck.click()
        assert marked_nodes(slicer.mrmlScene, role=ROLE) == []
        widget.exit()
    slicer.mrmlScene.Clear(False)
