"""Predictions on disk, made once for given weights; of segmentation with the bins of their probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.image import Image, LabelMap
from medopt.inference import Model, ModelDescription, kind_of, predict_image
from medopt.project import Project
from medopt.validation.case_bins import SUFFIX, BinCounter, CaseBins, Channel, bins_fit, read_bins, write_bins

SOURCE = "source.json"
"""Beside predictions: what made them, so that they are used again only when the same would make them."""


class KeptPredictions:
    """What a model says of the cases of a project.

    Parameters
    ----------
    folder : of the predictions; those of anything else than ``source`` are removed from it
    source : plain data that tells what makes them
    model : that makes them
    project : of the cases
    description : by which the files are written; the model's when None
    channels : the structures among the model's outputs; by default the model's own classes in their order
    """

    def __init__(
        self,
        folder: Path,
        source: Mapping[str, Any],
        model: Model,
        project: Project,
        *,
        description: ModelDescription | None = None,
        channels: Sequence[Channel] | None = None,
    ) -> None:
        self._folder, self._model, self._project = folder, model, project
        self.description = description or model.description
        self._kind = kind_of(self.description)
        classes = enumerate(self.description.classes, start=1)
        self._channels = [Channel(c.name, c.value, n) for n, c in classes] if channels is None else list(channels)
        file = folder / SOURCE
        if not file.is_file() or read_json(file) != source:
            for old in [*folder.glob(f"*{self._kind.suffix}"), *folder.glob(f"*{SUFFIX}")]:
                old.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            write_json(file, dict(source))

    def make(self, case: str) -> None:
        """Predict a case, unless it was; MedOptError when that cannot be done.

        A segmentation whose bins are of another label, or are not there, is predicted again.
        """
        path = self._path(case)
        if self.description.task != "segmentation":
            if not path.is_file():
                self._kind.write(self.translated(predict_image(self.image(case), self._model)), self.description, path)
            return
        label = self._project.label_path(case)
        if path.is_file() and bins_fit(self._folder, case, label):
            return
        image, counter = self.image(case), self._counter(case)
        watch = counter if isinstance(counter, BinCounter) else None
        said = self.translated(predict_image(image, self._model, watch=watch))
        bins = counter.found() if isinstance(counter, BinCounter) else counter
        self._kind.write(said, self.description, path)
        write_bins(self._folder, case, bins, label)

    def read(self, case: str) -> Any:
        """What the model says of a case."""
        self.make(case)
        return self._kind.read(self._path(case), self.description)

    def bins(self, case: str) -> CaseBins:
        """The bins of the case's probabilities (segmentation)."""
        return read_bins(self._folder, case)

    def image(self, case: str) -> Image:
        """The image of a case as the model takes it."""
        return self._project.read_image(case)

    def reference(self, case: str) -> Any:
        """The label of a case."""
        return self._project.read_label(case)

    def translated(self, said: Any) -> Any:
        """An answer of the model with the values of ``description``."""
        return said

    def _counter(self, case: str) -> BinCounter | CaseBins:
        """What counts the probabilities, or why they cannot be counted."""
        try:
            reference: LabelMap = self.reference(case)
        except MedOptError as error:
            return CaseBins({}, str(error))
        return BinCounter(reference, self._channels, self._project.settings.ignored)

    def _path(self, case: str) -> Path:
        return self._folder / f"{case}{self._kind.suffix}"
