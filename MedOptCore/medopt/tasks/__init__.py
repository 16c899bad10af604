"""What each task means: how labels become targets, the loss, and how outputs become labels. One file a task."""

from medopt.tasks.classification import ClassificationTask
from medopt.tasks.detection import DetectionTask
from medopt.tasks.registry import TASKS, build_task
from medopt.tasks.segmentation import SegmentationTask
from medopt.tasks.task import IGNORED, Head, Label, Prediction, Sample, Task

__all__ = [
    "IGNORED",
    "TASKS",
    "ClassificationTask",
    "DetectionTask",
    "Head",
    "Label",
    "Prediction",
    "Sample",
    "SegmentationTask",
    "Task",
    "build_task",
]
