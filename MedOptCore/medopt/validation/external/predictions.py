"""The predictions of an external validation on disk, in the project's classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medopt.image import Image
from medopt.project import Project
from medopt.validation.case_bins import Channel
from medopt.validation.external.classes import ClassMatch
from medopt.validation.external.model import OpenedModel
from medopt.validation.external.translate import described_there, reorder, translate_answer, translate_reference
from medopt.validation.kept_predictions import KeptPredictions


class ExternalPredictions(KeptPredictions):
    """What the model says of the project's cases, in the project's classes; made once for given weights and classes."""

    def __init__(
        self, folder: Path, project: Project, opened: OpenedModel, match: ClassMatch, order: Sequence[int]
    ) -> None:
        self._match, self._order = match, order
        pairs = {pair.model.name: pair.there.name for pair in match.pairs}
        outputs = {c.name: place for place, c in enumerate(opened.model.description.classes, start=1)}
        super().__init__(
            folder,
            {"weights": opened.fingerprint, "classes": pairs, "channels": list(order)},
            opened.model,
            project,
            description=described_there(opened.model.description, match),
            channels=[Channel(p.there.name, p.there.value, outputs[p.model.name]) for p in match.pairs],
        )

    def image(self, case: str) -> Image:
        """The image with its channels in the model's order."""
        return reorder(super().image(case), self._order)

    def reference(self, case: str) -> Any:
        """The label of a case with the classes that the model knows."""
        exclusive = self.description.task == "classification" and not self.description.multi_label
        return translate_reference(super().reference(case), self._match, exclusive=exclusive)

    def translated(self, said: Any) -> Any:
        """An answer with the values of the project's classes."""
        return translate_answer(said, self._match)
