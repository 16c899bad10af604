"""Labels of classification: a small JSON file with the classes that an image shows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from medopt.errors import MedOptError
from medopt.image import ClassLabel, Geometry
from medopt.io.class_labels import SUFFIX, ClassFile, NamedClass, read_class_file, write_class_file
from medopt.project.label_kind import LabelContent, LabelKind


class ClassLabels(LabelKind[ClassLabel]):
    """Classes of whole images in ``.class.json`` files. What nobody judged stands in the file."""

    type = ClassLabel
    suffix = SUFFIX
    unit = "classes"

    def check(self, label: ClassLabel, geometry: Geometry, where: str) -> ClassLabel:
        """The label itself; MedOptError for unknown classes, and for other than one of exclusive classes.

        Of exclusive classes none may be present where some were not judged: the image is known not to show the
        others.
        """
        self.refuse_other_kind(label, where)
        self.refuse_unknown(set(label.present) | set(label.unjudged), where)
        if self.settings.multi_label or len(label.present) == 1 or (not label.present and label.unjudged):
            return label
        raise MedOptError(
            "an image of exclusive classes shows exactly one",
            where=where,
            expected="one of " + ", ".join(info.name for info in self.settings.classes),
            found=", ".join(map(self.names.name, label.present)) or "none",
            remedy="Choose one, or set multi_label in project.yaml if an image may show several or none",
        )

    def write(self, label: ClassLabel, path: Path) -> None:
        """Write the classes by value and name."""

        def named(values: tuple[int, ...]) -> tuple[NamedClass, ...]:
            return tuple(NamedClass(value, self.names.name(value)) for value in values)

        write_class_file(ClassFile(named(label.present), named(label.unjudged)), path)

    def read(self, path: Path, geometry: Geometry) -> ClassLabel:
        """The classes of a file, by their names."""
        found = read_class_file(path)

        def values(classes: tuple[NamedClass, ...]) -> tuple[int, ...]:
            return tuple(self.names.value(one.name, path) for one in classes)

        return ClassLabel(values(found.present), values(found.unjudged))

    def content(self, label: ClassLabel) -> LabelContent:
        """The classes that are present, each counted once."""
        return LabelContent(label.present, (1,) * len(label.present), label.unjudged)

    def sha256(self, label: ClassLabel) -> str:
        """SHA-256 of the values."""
        return hashlib.sha256(json.dumps([label.present, label.unjudged]).encode()).hexdigest()

    def changes(self, before: ClassLabel, after: ClassLabel) -> int:
        """Classes that were absent, present or not judged and are so no more."""
        return sum(_state(before, info.value) != _state(after, info.value) for info in self.settings.classes)


def _state(label: ClassLabel, value: int) -> str:
    return "present" if value in label.present else "unjudged" if value in label.unjudged else "absent"
