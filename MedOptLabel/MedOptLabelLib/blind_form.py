"""How many cases are labelled without sight of a proposal, and how many proposals are wrong on purpose."""

from __future__ import annotations

from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.presenter import Presenter


class BlindForm(Presenter):
    """Edits the project's settings of blind cases and catch trials, in per cent of the cases."""

    def __init__(self) -> None:
        super().__init__()
        self._project: Any = None
        self._settings: Any = None
        self.problem = ""

    def setProject(self, project: Any) -> None:
        """Another project, or None."""
        self._project, self._settings, self.problem = project, None, ""
        if project is not None:
            from medopt.labelling.blind import load_blind

            try:
                self._settings = load_blind(project)
            except MedOptError as error:
                self.problem = str(error)
        self.changed.emit()

    @property
    def enabled(self) -> bool:
        """Whether there are settings to edit."""
        return self._settings is not None

    @property
    def blind(self) -> float:
        """Per cent of the cases that are labelled blind."""
        return 0.0 if self._settings is None else round(100 * self._settings.share, 4)

    @property
    def catch(self) -> float:
        """Per cent of the cases whose next proposal is made wrong on purpose."""
        return 0.0 if self._settings is None else round(100 * self._settings.catch, 4)

    def set(self, blind: float, catch: float) -> None:
        """Keep both for all annotators of the project; MedOptError for shares that are not allowed."""
        if self._settings is None or (blind, catch) == (self.blind, self.catch):
            return
        from medopt.labelling.blind import BlindSettings, load_blind, save_blind

        kept = load_blind(self._project).model_dump()  # another annotator may have changed it
        values = {**kept, "share": round(blind / 100, 6), "catch": round(catch / 100, 6)}
        try:
            self._settings = BlindSettings.parse(values, "labelling/blind.yaml")
            save_blind(self._project, self._settings)
        finally:
            self.changed.emit()
