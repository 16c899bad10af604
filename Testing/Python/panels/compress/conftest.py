"""The section Compress of MedOptValidate with a project that has a validated run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from MedOptValidateLib.compress_section import CompressSection
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.self_test import recordValidation
from MedOptValidateLib.validator import Validator

from MedOptCoreLib.timer import HandTimer

ROWS = [{"branch": "teacher", "what": "the run as it is", "training": "none"}]


@pytest.fixture
def validator(jobs, headless, mrml, project):
    recordValidation(project, ("case-0", "case-1"))
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(project.folder)
    return made


@pytest.fixture
def section(mrml, jobs, validator, project):
    made = CompressSection(mrml, jobs, validator)
    validator.setProject(project)
    made.setProject(project)
    return made


@pytest.fixture
def again(section: Any, validator: Any, project: Any) -> Callable[[], None]:
    """Opens the project once more, as a user would."""

    def opened() -> None:
        validator.setProject(project)
        section.setProject(project)

    return opened


@pytest.fixture
def tellPlan(library: Any, timer: HandTimer) -> Callable[..., None]:
    """Lets the worker tell the plan, and end in a state if one is given."""

    def told(path: object = "", state: str | None = None) -> None:
        library.jobs[-1].tell("result", title="Plan", rows=ROWS, path=str(path))
        library.jobs[-1].tell("message", level="info", text="Expected: about 12 min in all")
        if state:
            library.jobs[-1].finish(state)
        timer.tick()

    return told
