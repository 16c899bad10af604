"""What each task means: how labels become targets, the loss, and how outputs become labels. One file a task."""

from medopt.tasks.registry import TASKS, Task, build_task
from medopt.tasks.segmentation import SegmentationTask

__all__ = ["TASKS", "SegmentationTask", "Task", "build_task"]
