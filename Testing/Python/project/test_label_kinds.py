from __future__ import annotations

from typing import get_args

from medopt.project import ProjectSettings
from medopt.project.label_kinds import KINDS, kind_of


def test_every_task_has_its_kind(classes) -> None:
    assert set(KINDS) == set(get_args(ProjectSettings.model_fields["task"].annotation))
    suffixes = set()
    for task in KINDS:
        kind = kind_of(ProjectSettings(id="0" * 32, name="x", task=task, classes=list(classes)))
        suffixes.add(kind.suffix)
        assert kind.names.find("Posterior") == 3
    assert len(suffixes) == len(KINDS)
