"""Saving a label together with what it took to make it."""

from __future__ import annotations

from typing import Literal

from medopt.errors import MedOptError
from medopt.image.label import Label
from medopt.labelling.effort import edits_between
from medopt.project import Project
from medopt.project.records import ProposalRecord

FOOLED = "catch trial: the proposal was wrong on purpose and was accepted; correct it"
"""The flag of a case whose label is such a proposal; a flagged case is learned from and judged by nowhere."""


def save_edited(
    project: Project,
    case_id: str,
    label: Label,
    *,
    annotator: str,
    seconds: float | None = None,
    source: Literal["manual", "proposal"] = "manual",
    start: Label | None = None,
    undos: int | None = None,
    blind: bool = False,
    started_from: ProposalRecord | None = None,
    note: str = "",
) -> int:
    """Save a label as a new version, with what was changed against ``start``; returns the version's number.

    Parameters
    ----------
    annotator : a handle that the user chose
    seconds : of active work
    source : "proposal" when it began as one
    start : the label that the annotator started from, as it was then; None for nothing. With the source "proposal"
        and no ``start`` it is the case's present proposal
    undos : how often something was taken back
    blind : whether the annotator saw no proposal, to measure how much proposals sway
    started_from : the record of the proposal that it began as, when it may have been replaced since

    A catch trial that is accepted as it is gives the case the flag `FOOLED`, which a corrected label takes away.

    Raises MedOptError as `Project.save_label` does,
    when there is no proposal to start from, when a blind label is said to come from one, and when ``start`` is of
    another kind or lies on another grid.
    """
    if blind and source == "proposal":
        raise MedOptError(
            "a label that was made blind cannot come from a proposal", where=case_id, expected='the source "manual"'
        )
    if source == "proposal" and start is None:
        start = project.read_proposal(case_id)
        if start is None:
            raise MedOptError("the case has no proposal to start from", where=case_id)
    geometry = project.case(case_id).geometry
    label = project.labels.kind.check(label, geometry, f"case {case_id}")
    if start is not None:
        start = project.labels.kind.check(start, geometry, f"case {case_id}, what it started from")
    edits = edits_between(start, label, geometry)
    if source == "proposal" and edits.as_is:
        record = started_from or project.proposal(case_id)
        if record is not None and record.catch and project.case(case_id).flag is None:
            project.set_flag(case_id, FOOLED)  # before the label: a kill in between must not leave it unflagged
    version = project.save_label(
        case_id,
        label,
        annotator=annotator,
        seconds=seconds,
        source=source,
        note=note,
        edits=edits,
        undos=undos,
        blind=blind,
        started_from=started_from,
    )
    if not edits.as_is and project.case(case_id).flag == FOOLED:
        project.set_flag(case_id, None)
    return version
