"""Which cases of a project an external validation measures: labelled, and unknown to the model."""

from __future__ import annotations

from medopt.errors import MedOptError
from medopt.project import Project, Split, load_split
from medopt.project.splitting import open_test
from medopt.validation.external.model import OpenedModel


def check_project(project: Project, opened: OpenedModel) -> None:
    """Raise MedOptError when the project is the model's own or of another task."""
    if opened.home is not None and opened.home.id == project.id:
        raise MedOptError(
            "this is the model's own project",
            where=project.folder,
            expected="a project of another institution, scanner or time",
            remedy="Measure its own unseen subjects with: medopt validate",
        )
    task = opened.model.description.task
    if task != project.settings.task:
        raise MedOptError(
            "the project is of another task", where=project.folder, expected=task, found=project.settings.task
        )


def external_cases(project: Project, part: str, purpose: str) -> tuple[list[str], bool]:
    """Labelled cases of a part that nobody flagged, and whether a look at sealed subjects was counted."""
    split = _split(project)
    if part == "all":
        if split is not None:
            open_test(project, purpose)
        return [case.id for case in project.cases() if case.labelled and case.flag is None], split is not None
    split = split or load_split(project)  # tells that there is none
    if part == "test":
        return list(open_test(project, purpose)), True
    return list(split.part(part)), False


def _split(project: Project) -> Split | None:
    try:
        return load_split(project)
    except MedOptError:
        return None


def copies_of(project: Project, opened: OpenedModel) -> set[str]:
    """Cases with an image that also stands in the model's own project."""
    if opened.home is None:
        return set()
    home = opened.home
    known = {file.content_sha256 for case in home.cases() for file in home.images.files(case.id)}
    return {c.id for c in project.cases() if any(f.content_sha256 in known for f in project.images.files(c.id))}
