"""How often each class was labelled, for status and balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medopt.project.settings import ClassInfo

if TYPE_CHECKING:
    from medopt.project.project import Project


@dataclass(frozen=True)
class ClassCount:
    """How often a class was labelled.

    Parameters
    ----------
    info : the class
    cases : labelled cases that show it
    subjects : subjects of these cases
    marked : its voxels or boxes in all cases, by the task; of classification the cases; None where an older catalogue
        does not tell
    judged : labelled cases in which it was looked for
    """

    info: ClassInfo
    cases: int
    subjects: int
    marked: int | None
    judged: int


def count_classes(project: Project) -> tuple[ClassCount, ...]:
    """A count for each class in the order of project.yaml; flagged cases count, too. No label file is read."""
    contents = project.label_contents()
    subject_of = {case.id: case.subject for case in project.cases()}
    result = []
    for info in project.settings.classes:
        showing = {case: content for case, content in contents.items() if info.value in content.values}
        counts = [
            content.counts[content.values.index(info.value)] if content.counts else None for content in showing.values()
        ]
        known = [count for count in counts if count is not None]
        result.append(
            ClassCount(
                info,
                cases=len(showing),
                subjects=len({subject_of[case] for case in showing if case in subject_of}),
                marked=sum(known) if len(known) == len(counts) else None,
                judged=sum(info.value not in content.unjudged for content in contents.values()),
            )
        )
    return tuple(result)
