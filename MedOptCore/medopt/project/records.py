"""What leaves the project room: frozen records of cases, label versions, findings and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from medopt.image import Geometry
from medopt.image.label import Label

CaseState = Literal["unlabelled", "proposed", "labelled", "flagged"]
LabelSource = Literal["manual", "import", "proposal", "restore", "outside"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Case:
    """One image (all channels) of one subject, as the catalogue knows it.

    ``state`` is the first that holds of flagged, labelled, proposed, unlabelled; a proposal that was rejected counts
    for nothing in it. ``annotator`` made the label that counts now; ``minutes`` is the labelling time of all versions
    together, None when none was told. ``attributes`` (site, scanner, sex, age group, modality …) never identify a
    person. ``proposal_model`` and ``confidence`` (0 to 1) are those of the proposal, also of a labelled case; None when
    there is none or it was rejected. ``leased_to`` is the annotator who has the case now.
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
    confidence: float | None = None
    proposal_model: str | None = None
    leased_to: str | None = None


@dataclass(frozen=True)
class ProjectStatus:
    """Counts: ``proposals`` are those that wait for a label and were not rejected, ``labelled`` includes flagged cases
    with a label."""

    cases: int
    labelled: int
    proposals: int
    flagged: int
    runs: int
    models: int


@dataclass(frozen=True)
class Edits:
    """What an annotator changed against the label that he started from.

    Parameters
    ----------
    changed : voxels, boxes or classes that differ
    slices : slices along k that hold a change
    added_path_length : voxels of new outline (Vaassen 2020); of other tasks the boxes or classes touched
    surface_dice : 0 to 1, None where there was nothing to start from or no surface
    as_is : whether there was something to start from and nothing of it was changed
    """

    changed: int
    slices: int
    added_path_length: int
    surface_dice: float | None
    as_is: bool


@dataclass(frozen=True)
class LabelVersion:
    """One saved label of a case.

    ``marked`` counts, by the project's task, the voxels with a class, the boxes, or the classes present; ``values``
    are the classes present, ``counts`` the voxels or boxes of each (empty where it was not counted), ``unjudged`` the
    classes that nobody looked for. ``changed`` counts what differs from the version before; for the first version from
    the proposal; None when there was neither. ``edits`` are those against what the annotator started from, None where
    nobody worked them out. ``model`` and ``round`` are those of the proposal that it started from, None for none.
    ``undos`` counts what was taken back; ``blind`` labels were made without a look at a proposal. A restored version
    has annotator, model, round and blindness of the one that it equals, ``restored_from``, and no edits;
    ``restored_by`` is who restored it, at ``time``, None where nobody said so.
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
    model: str | None = None
    edits: Edits | None = None
    undos: int | None = None
    blind: bool = False
    round: int | None = None
    restored_from: int | None = None
    restored_by: str | None = None


@dataclass(frozen=True)
class ProposalRecord:
    """What the catalogue knows of a case's proposal.

    Parameters
    ----------
    model : who made it
    time : UTC
    marked : voxels, boxes or classes, by the project's task
    confidence : 0 to 1, None when none was told
    round : of teaching, None outside rounds
    catch : whether it is known to be wrong, to see if the annotator notices; never shown to the annotator
    rejected_by : the annotator who found it useless, None when nobody did
    """

    model: str
    time: datetime
    marked: int
    confidence: float | None = None
    round: int | None = None
    catch: bool = False
    rejected_by: str | None = None

    @property
    def rejected(self) -> bool:
        """Whether an annotator found it useless."""
        return self.rejected_by is not None


@dataclass(frozen=True)
class Lease:
    """A case that one annotator has until ``expires``; both times are UTC."""

    case_id: str
    annotator: str
    taken: datetime
    expires: datetime


@dataclass(frozen=True)
class DraftRecord:
    """What the catalogue knows of a draft: work on a label that is not accepted yet.

    Parameters
    ----------
    case_id, annotator : whose, and of what
    time : UTC of the last save
    started : the version that counted when the draft was begun, 0 for none
    outdated : whether another version counts by now, so that accepting the draft would put it in the shade
    source : what it was started from
    seconds, undos : of work so far, None when not told
    blind : whether no proposal was seen
    """

    case_id: str
    annotator: str
    time: datetime
    started: int
    outdated: bool
    source: LabelSource
    seconds: float | None
    undos: int | None
    blind: bool


@dataclass(frozen=True)
class Draft(DraftRecord):
    """A draft with its label."""

    label: Label


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
