"""What the panel needs of the editor of a task, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from medopt.image import Image
from MedOptCoreLib.signal import Signal

VIEW = "label"
"""Mark of the nodes of this panel, so that another panel's case stays when this one changes."""

L = TypeVar("L")
Overlap = Literal["refuse", "later"]


@dataclass(frozen=True)
class CaseToEdit:
    """A case whose image is shown and whose label is made. ``settings`` are those of its project."""

    id: str
    image: Image
    settings: Any


class TaskEditor(ABC, Generic[L]):
    """Shows a case in the scene, lets its label be made, and reads back what was made; one subclass a task.

    ``edited`` is emitted when the annotator changed the label, ``changed`` when a widget should show it afresh.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``, which brings the volume into the slice views; None without views
    """

    page = ""
    """Name of the page of the .ui file that belongs to the editor."""

    def __init__(self, scene: Any, application: Any = None) -> None:
        self._scene, self._application = scene, application
        self.case: CaseToEdit | None = None
        self._volumeId: str | None = None
        self.edited = Signal()
        self.changed = Signal()

    def show(self, case: CaseToEdit, label: L) -> None:
        """Show a case in place of the one before, with ``label`` to begin with.

        Raises MedOptError when it cannot be shown; the case before is then still there.
        """
        from medopt.scene.case_view import show_in_slices

        volumeId = self._showNodes(case, label)
        self.case, self._volumeId = case, volumeId
        if self._application is not None:
            show_in_slices(self._application, self.volumeNode)
        self._begin(label)
        self.changed.emit()

    def replace(self, label: L) -> None:
        """Show another label of the same case, such as a draft, as if the annotator had made it."""
        self._replace(label)
        self.edited.emit()
        self.changed.emit()

    def close(self) -> None:
        """Take the case out of the scene; what was made and not saved is lost."""
        from medopt.scene.case_view import remove_view

        self.forget()
        remove_view(self._scene, VIEW)

    def forget(self) -> None:
        """The scene is being closed: let go of the nodes without touching them."""
        self._end()
        self.case, self._volumeId = None, None
        self.changed.emit()

    @property
    def volumeNode(self) -> Any:
        """First channel of the case, None when it is not (or no longer) in the scene."""
        return None if self._volumeId is None else self._scene.GetNodeByID(self._volumeId)

    @property
    def present(self) -> bool:
        """Whether what is edited is (still) in the scene."""
        return self.volumeNode is not None

    @property
    def undos(self) -> int | None:
        """How often something was taken back since the case was shown; None when it cannot be told."""
        return 0

    @abstractmethod
    def read(self, overlap: Overlap = "refuse") -> L:
        """The label as it is now; MedOptError when it is none.

        ``overlap`` tells what to do where the annotator should decide but cannot be asked: "later" makes the best of
        it. Raises MedOptError for what is no label of the project.
        """

    @abstractmethod
    def writeCopy(self, folders: Sequence[Path], name: str) -> Path | None:
        """Write what is in the scene as it is into the first of ``folders`` that takes it: the file, None if none."""

    @abstractmethod
    def _showNodes(self, case: CaseToEdit, label: L) -> str:
        """Put image and label into the scene; the volume's node id."""

    @abstractmethod
    def _replace(self, label: L) -> None:
        """Put another label in place of what is there."""

    def _begin(self, label: L) -> None:
        """The case is shown."""

    def _end(self) -> None:
        """The case goes."""


def firstFolder(folders: Sequence[Path]) -> list[Path]:
    """Those of ``folders`` that exist or can be made."""
    found = []
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        found.append(folder)
    return found
