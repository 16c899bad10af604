"""What leaves the project room: frozen records of cases, label versions, findings and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from medopt.image import Geometry

CaseState = Literal["unlabelled", "proposed", "labelled", "flagged"]
LabelSource = Literal["manual", "import", "proposal", "restore", "outside"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Case:
    """One image (all channels) of one subject, as the catalogue knows it.

    ``state`` is the first that holds of flagged, labelled, proposed, unlabelled. ``annotator`` made the label
    that counts now; ``minutes`` is the labelling time of all versions together, None when none was told.
    ``attributes`` (site, scanner, sex, age group, modality …) never identify a person.
    """

    id: str
    subject: str
    state: CaseState
    geometry: Geometry
    labelled: bool
    annotator: str | None
    minutes: float | None
    attributes: Mapping[str, str]
    flag: str | None = None


@dataclass(frozen=True)
class ProjectStatus:
    """Counts: ``proposals`` are those that wait for a label, ``labelled`` includes flagged cases with a label."""

    cases: int
    labelled: int
    proposals: int
    flagged: int
    runs: int
    models: int


@dataclass(frozen=True)
class LabelVersion:
    """One saved label of a case.

    ``marked`` counts, by the project's task, the voxels with a class, the boxes, or the classes present; ``values``
    are the classes present, ``counts`` the voxels or boxes of each (empty where it was not counted), ``unjudged`` the
    classes that nobody looked for. ``changed`` counts what differs from the version before; for the first version from
    the proposal; None when there was neither.
    ``time`` is UTC. The source "outside" marks a file that was written without MedOpt and found later.
    """

    version: int
    annotator: str | None
    seconds: float | None
    source: LabelSource
    note: str
    time: datetime
    marked: int
    values: tuple[int, ...]
    changed: int | None
    counts: tuple[int, ...] = ()
    unjudged: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something to know about a case ("" for the whole project): what was expected and found, and the repair."""

    case: str
    severity: Severity
    problem: str
    expected: str = ""
    found: str = ""
    repair: str = ""

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {v}" for name, v in (("expected", self.expected), ("found", self.found)) if v)
        text = f"{self.case or 'project'}: {self.problem}" + (f": {facts}" if facts else "")
        return f"{text}. {self.repair}" if self.repair else text


@dataclass(frozen=True)
class ImportSummary:
    """Case ids that were imported (``labelled`` of them, or older ones, got a label) and that were there already,
    what was left out and why, and notes about what was imported."""

    imported: tuple[str, ...]
    unchanged: tuple[str, ...]
    left_out: tuple[Finding, ...]
    labelled: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True)
class Opening:
    """One look at the sealed test subjects: when (UTC), for what, and with which split."""

    time: datetime
    purpose: str
    split_hash: str
