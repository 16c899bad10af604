"""The sections in order: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from medopt.project import Project
from medopt.report.blocks import Section
from medopt.report.record import Record
from medopt.report.sections import (
    box_cases,
    box_pictures,
    case_table,
    checklists,
    class_cases,
    class_pictures,
    data,
    explanations,
    external,
    limits,
    method,
    pictures,
    provenance,
    recipe,
    scores,
    sides,
    subgroups,
    training,
)

SECTIONS: tuple[Callable[[Record, Project | None], Section | None], ...] = (
    pictures.build,
    class_pictures.build,
    box_pictures.build,
    explanations.build,
    scores.build,
    external.build,
    sides.build,
    subgroups.build,
    training.build,
    case_table.build,
    class_cases.build,
    box_cases.build,
    data.build,
    recipe.build,
    method.build,
    limits.build,
    provenance.build,
    checklists.build,
)
"""Each gives its section, or None when the run has nothing for it."""
