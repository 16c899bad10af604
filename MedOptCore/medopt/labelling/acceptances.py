"""What happened to the proposals: of each case the first label that a person made or accepted, and what it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.labelling.proposal_score import proposal_score
from medopt.project import Case, Project
from medopt.project.records import Edits, LabelVersion

BY_PEOPLE = ("manual", "proposal")
"""Sources of labels that a person made; imported and restored ones took nobody's time."""


@dataclass(frozen=True)
class Acceptance:
    """A case's first label by a person.

    Parameters
    ----------
    case, subject : whose
    round : whose proposal was there; 0 when there was none
    model : which made that proposal, None without one
    time : of the label (UTC)
    seconds : it took; None when nobody counted
    edits : against what the annotator started from; None when it was not measured
    as_is : whether the proposal was accepted without a change
    shown : whether the annotator saw a proposal
    blind : whether the case was labelled blind on purpose
    catch : whether the proposal was wrong on purpose
    score : how near the proposal came to this label, see `proposal_score`; None where that is not known
    """

    case: str
    subject: str
    round: int
    model: str | None
    time: datetime
    seconds: float | None
    edits: Edits | None
    as_is: bool
    shown: bool
    blind: bool
    catch: bool
    score: float | None


def list_acceptances(project: Project) -> list[Acceptance]:
    """Of all cases that a person labelled, oldest first.

    Scores are read from ``labelling/scores.json`` where they are, else worked out once and kept there; so they outlast
    the proposals, which later ones replace.
    """
    known, fresh = _read(project), {}
    found = []
    for case in project.cases():
        version = _first(project, case) if case.labelled else None
        if version is None:
            continue
        one, score = _acceptance(project, case, version, known.get(case.id))
        if score is not None:
            fresh[case.id] = score
        found.append(one)
    if fresh:
        _keep(project, fresh)
    return sorted(found, key=lambda one: (one.time, one.case))


def keep_score(project: Project, case_id: str) -> None:
    """Note how near the present proposal of a labelled case came to its label, before another takes its place."""
    case = project.case(case_id)
    version = _first(project, case) if case.labelled else None
    if version is not None:
        score = _acceptance(project, case, version, _read(project).get(case_id))[1]
        if score is not None:
            _keep(project, {case_id: score})


def scores_path(project: Project) -> Path:
    """``labelling/scores.json``: case → version of the label, model and score of its proposal."""
    return project.folder / "labelling" / "scores.json"


def _first(project: Project, case: Case) -> LabelVersion | None:
    return next((v for v in project.label_history(case.id) if v.source in BY_PEOPLE), None)


def _acceptance(
    project: Project, case: Case, version: LabelVersion, known: dict[str, Any] | None
) -> tuple[Acceptance, dict[str, Any] | None]:
    """What is known of one case, and its score to be kept where that was worked out now."""
    there = project.proposal(case.id)
    if there is not None and there.time > version.time:
        there = None  # of a later round; it has nothing to do with this label
    started = version.source == "proposal"
    hidden = there is not None and (version.blind or bool(there.rejected))
    model = version.model if started else there.model if there is not None and hidden else None
    number = version.round if started else there.round if there is not None and hidden else None
    catch = there.catch if there is not None else False
    shown = started or (there is not None and bool(there.rejected) and not version.blind)
    score, fresh = None, None
    if known is not None and known.get("version") == version.version:
        score, catch = known.get("score"), bool(known.get("catch", False))
        model, number, shown = known.get("model"), known.get("round"), bool(known.get("shown", shown))
    elif there is not None and model == there.model:
        score = _score(project, case, version)
        facts = {"version": version.version, "model": model, "round": number, "shown": shown, "catch": catch}
        facts["score"] = score
        fresh = None if score is None else facts
    one = Acceptance(
        case=case.id,
        subject=case.subject,
        round=number or 0,
        model=model,
        time=version.time,
        seconds=version.seconds,
        edits=version.edits,
        as_is=started and version.edits is not None and version.edits.as_is,
        shown=shown,
        blind=version.blind,
        catch=catch,
        score=score,
    )
    return one, fresh


def _score(project: Project, case: Case, version: LabelVersion) -> float | None:
    """None when one of the two files cannot be read any more."""
    store = project.labels
    path = store.history_path(case.id, version.version)
    try:
        label = store.kind.read(path if path.is_file() else store.path(case.id), case.geometry)
        proposal = project.read_proposal(case.id)
        if proposal is None:
            return None
        return proposal_score(proposal, label, case.geometry, [info.value for info in project.settings.classes])
    except MedOptError:
        return None


def _read(project: Project) -> dict[str, dict[str, Any]]:
    """A damaged file counts for nothing: what it held is worked out again where the proposals are still there."""
    path = scores_path(project)
    try:
        values = read_json(path) if path.is_file() else {}
    except MedOptError:
        values = {}
    values = values if isinstance(values, dict) else {}
    return {str(name): one for name, one in values.items() if isinstance(one, dict)}


def _keep(project: Project, scores: dict[str, dict[str, Any]]) -> None:
    write_json(scores_path(project), dict(sorted({**_read(project), **scores}.items())))
