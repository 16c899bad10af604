"""Classification: which classes the image shows, chosen by buttons or the keys 1 to 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.image import ClassLabel
from MedOptCoreLib.i18n import _
from MedOptLabelLib.task_editor import VIEW, CaseToEdit, Overlap, TaskEditor, firstFolder

KEYS = 9
"""Classes that have a key; further ones are chosen with the mouse."""
PRESENT, ABSENT, UNJUDGED = "present", "absent", "unjudged"


@dataclass(frozen=True)
class ClassChoice:
    """A class as its button shows it. ``key`` is empty for those after the ninth; ``state`` is one of three."""

    value: int
    name: str
    color: str
    key: str
    state: str


class ClassEditor(TaskEditor[ClassLabel]):
    """Of exclusive classes a choice takes the place of the one before; else each choice turns one class on or off.

    In a case that nobody has judged yet, the first choice says of all other classes that they are absent.
    """

    page = "classPage"

    def __init__(self, scene: Any, application: Any = None) -> None:
        super().__init__(scene, application)
        self._label = ClassLabel(())

    @property
    def exclusive(self) -> bool:
        """Whether an image shows exactly one class."""
        return self.case is None or not self.case.settings.multi_label

    def choices(self) -> list[ClassChoice]:
        """The classes in the order of the project; empty without a case."""
        if self.case is None:
            return []
        return [
            ClassChoice(info.value, info.name, info.color, str(n) if n <= KEYS else "", self._state(info.value))
            for n, info in enumerate(self.case.settings.classes, 1)
        ]

    def choose(self, value: int) -> None:
        """A class was chosen, or, where several may be present, turned on or off."""
        if self.case is None:
            return
        if self.exclusive:
            self._set(ClassLabel((value,)))
            return
        present, unjudged = set(self._label.present), set(self._label.unjudged)
        if not present and unjudged == self._values():
            unjudged = set()
        self._set(ClassLabel(tuple(present ^ {value}), tuple(unjudged - {value})))

    def chooseNone(self) -> None:
        """The image shows none of the classes; only where that may be."""
        if self.case is not None and not self.exclusive:
            self._set(ClassLabel(()))

    def chooseKey(self, number: int) -> None:
        """The key of the ``number``-th class, from 1, was pressed; 0 is for none of them."""
        choices = self.choices()
        if number == 0:
            self.chooseNone()
        elif number <= len(choices):
            self.choose(choices[number - 1].value)

    @property
    def text(self) -> str:
        """What is chosen, as a sentence."""
        if self.case is None:
            return ""
        names = [choice.name for choice in self.choices() if choice.state == PRESENT]
        unjudged = [choice.name for choice in self.choices() if choice.state == UNJUDGED]
        if names:
            text = _("Shows: {classes}").format(classes=", ".join(names))
        elif set(self._label.unjudged) == self._values():
            return _("Not judged yet. Press the key of a class.")
        else:
            text = _("Shows none of the classes")
        return text + (" · " + _("not judged: {classes}").format(classes=", ".join(unjudged)) if unjudged else "")

    def read(self, overlap: Overlap = "refuse") -> ClassLabel:
        """What is chosen; MedOptError when nothing is, unless ``overlap`` is "later"."""
        if overlap == "refuse" and not self._label.present and set(self._label.unjudged) == self._values():
            remedy = (
                _("Press the key of a class") if self.exclusive else _("Press the keys of its classes, or 0 for none")
            )
            raise MedOptError(
                _("nothing is chosen for this case"), where=self.case.id if self.case else None, remedy=remedy
            )
        return self._label

    def writeCopy(self, folders: Sequence[Path], name: str) -> Path | None:
        """Write the names of the chosen classes as text."""
        from medopt.files import write_bytes

        names = "\n".join(choice.name for choice in self.choices() if choice.state == PRESENT)
        for folder in firstFolder(folders):
            path = folder / f"{name}.txt"
            try:
                write_bytes(path, f"{names}\n".encode())
            except MedOptError:
                continue
            return path
        return None

    def _showNodes(self, case: CaseToEdit, label: ClassLabel) -> str:
        from medopt.scene import show_case

        return show_case(self._scene, case.image, case.settings.classes, case.id, view=VIEW).volumes[0]

    def _begin(self, label: ClassLabel) -> None:
        self._label = label

    def _replace(self, label: ClassLabel) -> None:
        self._label = label

    def _end(self) -> None:
        self._label = ClassLabel(())

    def _values(self) -> set[int]:
        return set() if self.case is None else {info.value for info in self.case.settings.classes}

    def _state(self, value: int) -> str:
        if value in self._label.present:
            return PRESENT
        return UNJUDGED if value in self._label.unjudged else ABSENT

    def _set(self, label: ClassLabel) -> None:
        if label != self._label:
            self._label = label
            self.edited.emit()
            self.changed.emit()
