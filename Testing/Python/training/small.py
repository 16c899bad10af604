"""What tests of whole trainings share: a recipe of seconds, a stop after some steps, and a look at what is read."""

from __future__ import annotations

from typing import Any

import pytest

from medopt.augment import AugmentSettings
from medopt.image import Image
from medopt.project import Project
from medopt.training import Recipe


def small_recipe(steps: int = 20, **more: Any) -> Recipe:
    """A network small enough to train in seconds, on the small project."""
    training = {
        "patch": (16, 16, 16),
        "steps": steps,
        "learning_rate": 0.01,
        "validations": 2,
        "checkpoint_seconds": 0.2,
    }
    values = {
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": AugmentSettings.preset("light").model_dump(mode="json"),
        "network": {"name": "residual_unet", "features": (6, 12), "strides": ((1, 1, 1), (2, 2, 2))},
        "training": {**training, **more},
        "running": {"precision": "float32", "memory_format": "contiguous", "compile": False, "accumulate": 1},
    }
    return Recipe.parse(values, "the test's recipe")


class StopAfter:
    """Asks for the end after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def requested(self) -> bool:
        """Whether the steps are over."""
        self.left -= 1
        return self.left < 0


class Watched:
    """Notes each case whose image or label a project reads from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: set[str] = set()
        image, label = Project.read_image, Project.read_label

        def read_image(project: Project, case: str, *given: Any, **options: Any) -> Image:
            self.read.add(case)
            return image(project, case, *given, **options)

        def read_label(project: Project, case: str, *given: Any, **options: Any) -> Any:
            self.read.add(case)
            return label(project, case, *given, **options)

        monkeypatch.setattr(Project, "read_image", read_image)
        monkeypatch.setattr(Project, "read_label", read_label)
