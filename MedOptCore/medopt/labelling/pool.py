"""Which cases of a project labelling is about: those whose labels a model may learn from, or those of the test part."""

from __future__ import annotations

from typing import Literal

from medopt.errors import MedOptError
from medopt.project import Case, Project, load_split
from medopt.project.splitting import split_path

Part = Literal["train", "test", "all"]
PARTS: tuple[Part, ...] = ("train", "test", "all")
"""Everything but the test subjects; the test subjects alone; all."""


def test_subjects(project: Project) -> frozenset[str]:
    """The subjects of the sealed test part; empty while the project has no split.

    A case that is not labelled yet belongs to them when an earlier case of its subject does. Raises MedOptError when
    there is a split that cannot be used.
    """
    try:
        return frozenset(load_split(project).subjects["test"])
    except MedOptError:
        if split_path(project).is_file():
            raise
        return frozenset()


def pool(project: Project, part: Part = "train") -> list[Case]:
    """Cases of a part, labelled or not, ordered by id; flagged ones wait until the flag is taken away.

    Raises MedOptError for a part of another name and for a split that cannot be used.
    """
    if part not in PARTS:
        raise MedOptError("unknown part", expected=", ".join(PARTS), found=str(part))
    sealed = test_subjects(project)
    wanted = {"train": (False,), "test": (True,), "all": (False, True)}[part]
    return [case for case in project.cases() if case.flag is None and (case.subject in sealed) in wanted]
