"""Results in the MRML scene: a case with prediction beside reference, tables, plots, and labels of new volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

VIEW = "validate"
"""Mark of the nodes of this panel, so that another panel's case stays when this one changes."""


@dataclass(frozen=True)
class NamedClass:
    """A structure of a segmentation file."""

    value: int
    name: str
    color: str
    terminology: str


class ResultScene:
    """Everything that the panel puts into a scene.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``, which brings volumes into the slice views; None without views
    """

    def __init__(self, scene: Any, application: Any = None) -> None:
        self._scene, self._application = scene, application

    # ---- a case --------------------------------------------------------------------------------------------

    def showCase(self, project: Any, caseId: str, predictionFile: Path, scored: Any = None) -> Any:
        """Show a case in place of the one before, and return its nodes.

        Segmentation: image, reference (filled), prediction (outlined) and an error map. Detection: image and the boxes
        of both as ROI nodes; with ``scored``, the ``BoxCase`` of the results, their colours tell what was found, missed
        and false. Classification: the image. MedOptError when the prediction is missing or lies on another
        grid.
        """
        if project.settings.task == "classification":
            return self._showImage(project, caseId)
        if project.settings.task == "detection":
            return self._showBoxes(project, caseId, predictionFile, scored)
        from medopt.io import read_segmentation
        from medopt.scene import node_by_id
        from medopt.scene.case_view import show_case, show_in_slices

        _demandFile(predictionFile, caseId)
        classes = project.settings.classes
        values = {item.name: item.value for item in classes}
        prediction = read_segmentation(predictionFile).to_label_map(values, where=predictionFile)
        image, reference = project.read_image(caseId), project.read_label(caseId)
        shown = show_case(self._scene, image, classes, caseId, reference=reference, prediction=prediction, view=VIEW)
        if self._application is not None:
            show_in_slices(self._application, node_by_id(self._scene, shown.volumes[0]))
        return shown

    def _showImage(self, project: Any, caseId: str) -> Any:
        from medopt.scene import node_by_id
        from medopt.scene.case_view import show_case, show_in_slices

        image = project.read_image(caseId)
        shown = show_case(self._scene, image, project.settings.classes, caseId, view=VIEW)
        if self._application is not None:
            show_in_slices(self._application, node_by_id(self._scene, shown.volumes[0]))
        return shown

    def _showBoxes(self, project: Any, caseId: str, predictionFile: Path, scored: Any) -> Any:
        from medopt.scene.case_boxes import show_boxes
        from medopt.validation.ranking import OPERATING_SCORE

        _demandFile(predictionFile, caseId)
        classes = project.settings.classes
        predicted, reference = _boxesOf(predictionFile, classes), project.read_label(caseId)
        outcomes = boxOutcomes(scored, len(reference), len(predicted))
        shown = self._showImage(project, caseId)
        for boxes, role in ((reference, "reference"), (predicted, "prediction")):
            show_boxes(
                self._scene,
                boxes,
                classes,
                role=role,
                case=caseId,
                view=VIEW,
                least=OPERATING_SCORE,
                outcomes=outcomes.get(role),
            )
        return shown

    def answerOnVolume(self, folder: Path, name: str, volume: Any, title: str) -> Any:
        """What a model wrote into ``folder`` about a volume, as a node: a segmentation, a table with the probability of
        each class, or the last of the ROIs of its boxes (None without boxes). MedOptError when it wrote nothing.
        """
        labels, classes, boxes = (folder / f"{name}{suffix}" for suffix in (".seg.nrrd", ".class.json", ".mrk.json"))
        if classes.is_file():
            return self._tableOfAnswer(classes, title)
        if boxes.is_file():
            from medopt.io.markups import read_markup_boxes
            from medopt.scene.markups import roi_from_box

            nodes = [
                roi_from_box(self._scene, box.with_value(1), name=f"{box.name} {box.score or 0:.2f}", color=box.color)
                for box in read_markup_boxes(boxes).boxes
            ]
            return nodes[-1] if nodes else None
        if not labels.is_file():
            raise MedOptError(
                _("the model gave no result"), where=title, remedy=_("Read the log of the job; it names what was wrong")
            )
        return self.segmentationOfVolume(labels, volume, title)

    def _tableOfAnswer(self, file: Path, title: str) -> Any:
        from medopt.files import read_json
        from medopt.scene.tables import table_from_columns

        values = read_json(file)["probabilities"]
        columns = {_("Class"): list(values), _("Probability"): [float(value) for value in values.values()]}
        return table_from_columns(self._scene, columns, title, role="prediction")

    def segmentationOfVolume(self, labelFile: Path, volume: Any, name: str) -> Any:
        """A segmentation node from a label file of ``volume``, on exactly the volume's grid.

        MedOptError when the file lies on another grid.
        """
        from medopt.image import LabelMap
        from medopt.io import read_segmentation
        from medopt.scene import segmentation_from_label, style_as_fill, volume_geometry

        segmentation = read_segmentation(labelFile)
        classes = [_named(segment) for segment in segmentation.segments]
        label = segmentation.to_label_map({item.name: item.value for item in classes}, where=labelFile)
        geometry = volume_geometry(volume)
        if not label.geometry.is_close(geometry):
            raise MedOptError(
                _("result and volume lie on different grids"),
                where=volume.GetName(),
                expected=f"{geometry.shape}",
                found=f"{label.geometry.shape}",
                remedy=_("Run the model again; the volume was changed meanwhile"),
            )
        node = segmentation_from_label(
            self._scene, LabelMap(label.array, geometry), classes, name, volume, role="prediction"
        )
        style_as_fill(node)
        return node

    # ---- tables and plots ----------------------------------------------------------------------------------

    def tableOfCases(self, results: Any) -> Any:
        """The scores of all cases as a table node: a row a case and structure, or a row a case (see
        ``medopt.scene.result_columns``).
        """
        from medopt.scene.result_columns import result_columns
        from medopt.scene.tables import table_from_columns, update_table

        columns, units = result_columns(results)
        node = self._marked("case scores")
        if node is None:
            return table_from_columns(self._scene, columns, _("MedOpt case scores"), units=units, role="case scores")
        update_table(node, columns, units=units)
        return node

    def plotOfCases(self, results: Any, metric: str, colors: dict[str, str]) -> Any:
        """A chart with a point a case and structure, labelled with the case; or the chart called ``metric``
        (see ``medopt.scene.result_charts``).
        """
        from medopt.metrics import METRICS as KNOWN
        from medopt.scene.case_plot import case_chart
        from medopt.scene.result_charts import chart_names, result_chart

        if metric in chart_names(results):
            return self._plotOfChart(result_chart(results, metric, colors))
        values: dict[str, dict[str, float | None]] = {structure.name: {} for structure in results.structures}
        for score in results.cases:
            values[score.structure][score.case] = score.value(metric)
        known = KNOWN[metric]
        axis = f"{known.title} ({known.unit})" if known.unit else known.title
        return self._plotOfChart(case_chart(f"{results.model}, {results.subset}: {known.title}", axis, values, colors))

    def _plotOfChart(self, chart: Any) -> Any:
        from medopt.scene.plots import plot_from_chart, update_plot

        node = self._marked("case plot")
        if node is None:
            return plot_from_chart(self._scene, chart, role="case plot")
        update_plot(self._scene, node, chart)
        return node

    def plotOfTraining(self, events: Sequence[dict[str, Any]], run: str) -> Any:
        """The validation score over the training of the run."""
        from medopt.scene.curves import learning_charts
        from medopt.scene.plots import plot_from_chart, update_plot

        chart = learning_charts(events, run=run)[1]
        node = self._marked("validate learning")
        if node is None:
            return plot_from_chart(self._scene, chart, role="validate learning")
        update_plot(self._scene, node, chart)
        return node

    def _marked(self, role: str) -> Any:
        from medopt.scene import marked_nodes

        found = marked_nodes(self._scene, role=role)
        return found[0] if found else None


def _demandFile(predictionFile: Path, caseId: str) -> None:
    if not predictionFile.is_file():
        raise MedOptError(
            _("the prediction is missing"),
            where=caseId,
            expected=predictionFile.name,
            remedy=_("Validate the run again"),
        )


def boxOutcomes(scored: Any, references: int, predictions: int) -> dict[str, dict[int, Any]]:
    """Outcome of each box of the reference and of the prediction, by its place, at the score from which on boxes are
    shown: what only a box below it finds is missed.

    Empty without ``scored``, and when it is of other boxes, since the label was changed after the validation.
    """
    from medopt.validation.ranking import OPERATING_SCORE

    if scored is None:
        return {}
    found: dict[str, dict[int, Any]] = {"reference": {}, "prediction": {}}
    for box in scored.boxes:
        sure = box.score is None or box.score >= OPERATING_SCORE
        if box.reference is not None:
            found["reference"][box.reference] = "found" if box.outcome == "found" and sure else "missed"
        if box.predicted is not None:
            found["prediction"][box.predicted] = box.outcome
    whole = all(
        max(places, default=-1) < n for places, n in zip(found.values(), (references, predictions), strict=True)
    )
    return found if whole else {}


def _boxesOf(file: Path, classes: Sequence[Any]) -> Any:
    """The predicted boxes with the values of the project's classes."""
    from medopt.image import Boxes
    from medopt.io.markups import read_markup_boxes

    values = {item.name: item.value for item in classes}
    return Boxes(tuple(box.with_value(values.get(box.name, 0)) for box in read_markup_boxes(file).boxes))


def _named(segment: Any) -> NamedClass:
    color = "#" + "".join(f"{round(255 * part):02x}" for part in segment.color)
    return NamedClass(segment.value, segment.name, color, segment.terminology)
