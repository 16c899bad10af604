"""The predictions of an external validation on disk, in the project's classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medopt.files import read_json, write_json
from medopt.inference import ModelDescription, kind_of, predict_image
from medopt.project import Project
from medopt.validation.external.classes import ClassMatch
from medopt.validation.external.model import OpenedModel
from medopt.validation.external.translate import described_there, reorder, translate_answer, translate_reference

SOURCE = "source.json"
"""Beside predictions: by which weights, classes and channels they were made."""


class ExternalPredictions:
    """What the model says of the project's cases, in the project's classes; made once for given weights and classes."""

    def __init__(
        self, folder: Path, project: Project, opened: OpenedModel, match: ClassMatch, order: Sequence[int]
    ) -> None:
        self._folder, self._project, self._opened, self._match, self._order = folder, project, opened, match, order
        self.description: ModelDescription = described_there(opened.model.description, match)
        self._kind = kind_of(self.description)
        pairs = {pair.model.name: pair.there.name for pair in match.pairs}
        made_by = {"weights": opened.fingerprint, "classes": pairs, "channels": list(order)}
        source = folder / SOURCE
        if not source.is_file() or read_json(source) != made_by:
            for old in folder.glob(f"*{self._kind.suffix}"):
                old.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            write_json(source, made_by)

    def make(self, case: str) -> None:
        """Predict a case, unless it was; MedOptError when that cannot be done."""
        path = self._path(case)
        if not path.is_file():
            said = predict_image(reorder(self._project.read_image(case), self._order), self._opened.model)
            self._kind.write(translate_answer(said, self._match), self.description, path)

    def read(self, case: str) -> Any:
        """What the model says of a case."""
        self.make(case)
        return self._kind.read(self._path(case), self.description)

    def reference(self, case: str) -> Any:
        """The label of a case with the classes that the model knows."""
        exclusive = self.description.task == "classification" and not self.description.multi_label
        return translate_reference(self._project.read_label(case), self._match, exclusive=exclusive)

    def _path(self, case: str) -> Path:
        return self._folder / f"{case}{self._kind.suffix}"
