"""The training of a student."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import nn

from medopt.compression.continued import Continued, network_of_run
from medopt.compression.distill.begin import take_over
from medopt.compression.distill.teacher import Teacher
from medopt.compression.prune.course import training_losses
from medopt.compression.prune.importance import taylor_importance
from medopt.compression.prune.trace import channel_graph
from medopt.errors import MedOptError
from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.training.cache import PreparedCase
from medopt.training.course import Scene
from medopt.training.pretrain.images import PreparedImage, prepare_images

BATCHES = 32
"""Training batches that rank the teacher's feature maps."""


class DistillCourse(Continued):
    """A student learns from labels and from a teacher's answers.

    Parameters
    ----------
    folder : of the student's run
    teacher_run : folder of the run whose layers the student begins with
    teacher : what answers
    student : folder of the run whose network goes on learning, in place of the recipe's network
    images : cases without a label, from which only the teacher's answers are learned
    without_finest : whether the student has all levels of the teacher but the finest
    """

    def __init__(
        self,
        folder: Path,
        teacher_run: Path,
        teacher: Teacher,
        *,
        student: Path | None = None,
        images: Sequence[str] = (),
        without_finest: bool = False,
    ) -> None:
        super().__init__(teacher_run if student is None else student, teacher)
        self._folder, self._fresh, self._images = folder, student is None, tuple(images)
        self._without_finest = without_finest

    def begin(self, network: nn.Module, scene: Scene) -> nn.Module:
        """The student: of a run, or of the recipe with what it can take over from the teacher."""
        if not self._fresh:
            return super().begin(network, scene)
        if (self._folder / "checkpoints" / "last.safetensors").is_file():
            return network  # goes on from there
        source = network_of_run(self.source)
        try:
            graph = channel_graph(source, scene.labelled[0].image.shape[0])
        except MedOptError:
            return network
        alike = np.ones(graph.groups)  # which maps are taken changes no shape
        share = take_over(copy.deepcopy(network), source, graph, alike, without_finest=self._without_finest)
        if share:
            importance = taylor_importance(source, graph, training_losses(scene, BATCHES))
            take_over(network, source, graph, importance, without_finest=self._without_finest)
        text = f"The student begins with {100 * share:.0f} % of its parameters from the teacher"
        scene.reporter.emit("message", level="info", text=text)
        return network

    def unlabelled(self, scene: Scene) -> list[PreparedCase]:
        """The images without labels."""
        if not self._images:
            return []
        prepared, _ = prepare_images(scene.project, self._images, scene.recipe.preprocess, scene.reporter)
        text = f"{len(prepared)} images without a label join the {len(scene.labelled)} cases with one"
        scene.reporter.emit("message", level="info", text=text)
        return [_without_label(scene, image) for image in prepared]


def _without_label(scene: Scene, image: PreparedImage) -> PreparedCase:
    """A case whose every class is unjudged, so that the task's loss learns nothing from it."""
    shape = image.array.shape[1:]
    grid = Geometry((shape[0], shape[1], shape[2]), image.spacing)
    values = tuple(info.value for info in scene.project.settings.classes)
    label = {
        "segmentation": lambda: LabelMap(np.zeros(shape, np.uint8), grid, unjudged=values),
        "classification": lambda: ClassLabel((), unjudged=values),
        "detection": lambda: Boxes((), unjudged=values),
    }[scene.task.name]()
    target = scene.task.encode(label, grid)
    points = tuple(np.zeros((0, 3), np.int32) for _ in values)
    subject = scene.project.case(image.case).subject
    return PreparedCase(image.case, subject, image.array, target, points, grid, judged=np.zeros(len(values), bool))
