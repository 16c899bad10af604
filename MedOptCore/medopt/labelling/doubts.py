"""How unsure the proposals of a project are, by class: read once a proposal, then kept in the cache."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.files import read_json, write_json
from medopt.image import Boxes, ClassLabel, LabelMap
from medopt.labelling.strategies import Doubt, Entropy
from medopt.project import Project
from medopt.project.proposal_scores import FULL, ProposalScores
from medopt.project.schema import PROPOSALS

FORMAT = 1
"""Changes with what the numbers mean."""

FEWEST = 8
"""Proposals to read from which several are read at once."""

SLAB = 16
"""Slices whose probabilities are held at a time."""


@dataclass(frozen=True)
class KnownProposal:
    """What is known of the proposal of a case: how sure the model is, in which round, and its doubt by class.

    ``doubt`` is None when the proposal's files cannot be read.
    """

    case_id: str
    confidence: float | None
    round: int | None
    doubt: Doubt | None


def read_doubts(
    project: Project, cases: Collection[str], *, reporter: Reporter | None = None
) -> dict[str, KnownProposal]:
    """Case → what its proposal says, for those of ``cases`` that have one that was not rejected.

    Worked out from the proposal's files once and kept in ``cache/doubts.json`` with the time of the proposal, so that
    a new proposal is read anew and asking again for 1,000 cases takes no files but that one. What cannot be read is
    told as a warning and has no doubt. Told as progress "doubts".
    """
    listener = reporter or Silence()
    wanted = set(cases)
    query = select(
        PROPOSALS.c.case_id, PROPOSALS.c.time, PROPOSALS.c.confidence, PROPOSALS.c.round, PROPOSALS.c.rejected_by
    )
    with project.catalogue.read() as connection:
        rows = [r for r in connection.execute(query) if r.case_id in wanted and r.rejected_by is None]
    path = project.cache_folder / "doubts.json"
    kept = _kept(path)
    missing = [row for row in rows if kept.get(row.case_id, {}).get("time") != row.time]
    if missing:
        progress = Progress(listener, "doubts", len(missing))
        workers = 1 if len(missing) < FEWEST else min(4, os.cpu_count() or 1)
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="doubts") as pool:
            for row, found in zip(missing, pool.map(lambda row: _look(project, row), missing), strict=True):
                kept.pop(row.case_id, None)
                if isinstance(found, Doubt):
                    kept[row.case_id] = {"time": row.time, **_to_json(found)}
                else:
                    listener.emit("message", level="warning", text=f"the proposal of {row.case_id}: {found}")
                progress.advance()
        write_json(path, {"format": FORMAT, "cases": kept}, durable=False)
    result = {}
    for row in rows:
        value = kept.get(row.case_id)
        doubt = None if value is None else _from_json(value)
        result[row.case_id] = KnownProposal(row.case_id, row.confidence, row.round, doubt)
    return result


def doubt_of_scores(scores: ProposalScores, label: NDArray) -> Doubt:
    """Of a segmentation: predictive entropy of each voxel, weighted by the probability of each class.

    ``label`` (k, j, i) are the class values of the proposal. Entropy is over background and classes, divided by its
    maximum; the mass of a class is the sum of its probability, that of all of them together the overall one.
    """
    count = len(scores.classes)
    uncertainty = scores.uncertainty()[scores.region]
    total, mass = np.zeros(count + 1), np.zeros(count + 1)
    for start in range(0, len(uncertainty), SLAB):
        shares = scores.part[:, start : start + SLAB].astype(np.float32) / FULL
        entropy = uncertainty[start : start + SLAB]
        total[:count] += np.tensordot(shares, entropy, axes=3)
        mass[:count] += shares.sum(axis=(1, 2, 3), dtype=np.float64)
        total[count] += float(entropy.sum(dtype=np.float64))
        mass[count] += float(np.minimum(shares.sum(axis=0), 1).sum(dtype=np.float64))
    by_class = {
        value: Entropy(float(total[n]), float(mass[n])) for n, value in enumerate(scores.classes) if mass[n] > 0
    }
    present = np.unique(label).tolist()
    shown = frozenset(value for value in scores.classes if value in present)
    return Doubt(shown, Entropy(float(total[count]), float(mass[count])), by_class)


def doubt_of_label(label: LabelMap | Boxes | ClassLabel, confidence: float | None, classes: Collection[int]) -> Doubt:
    """Of boxes by the entropy of their scores; of anything else, for lack of scores, by the confidence alone.

    A box without a score, and a case without a confidence, count as sure. Where nothing is proposed the overall doubt
    is 1 minus the confidence.
    """
    missing = 0.0 if confidence is None else 1.0 - confidence
    if isinstance(label, Boxes) and label.boxes:
        by_class: dict[int, Entropy] = {}
        for box in label.boxes:
            before = by_class.get(box.value, Entropy(0.0, 0.0))
            entropy = 0.0 if box.score is None else _binary_entropy(box.score)
            by_class[box.value] = Entropy(before.total + entropy, before.mass + 1.0)
        overall = Entropy(sum(e.total for e in by_class.values()), sum(e.mass for e in by_class.values()))
        return Doubt(frozenset(by_class), overall, by_class)
    shown = frozenset(value for value in label.values() if value in set(classes))
    return Doubt(shown, Entropy(missing, 1.0), {value: Entropy(missing, 1.0) for value in shown})


def _look(project: Project, row: Any) -> Doubt | str:
    try:
        label = project.read_proposal(row.case_id)
        if label is None:
            return "its file is missing"
        if isinstance(label, LabelMap):
            scores = project.read_scores(row.case_id)
            if scores is not None:
                return doubt_of_scores(scores, label.array)
        return doubt_of_label(label, row.confidence, [info.value for info in project.settings.classes])
    except MedOptError as error:
        return str(error)


def _binary_entropy(p: float) -> float:
    return 0.0 if not 0 < p < 1 else -(p * math.log2(p) + (1 - p) * math.log2(1 - p))


def _kept(path: Any) -> dict[str, dict[str, Any]]:
    """What the cache holds; nothing when it is missing, damaged or of another format."""
    try:
        value = read_json(path)
        if value["format"] != FORMAT:
            return {}
        for one in value["cases"].values():
            _from_json(one)
        return dict(value["cases"])
    except (MedOptError, KeyError, TypeError, ValueError, AttributeError):
        return {}


def _to_json(doubt: Doubt) -> dict[str, Any]:
    return {
        "shown": sorted(doubt.shown),
        "overall": [doubt.overall.total, doubt.overall.mass],
        "by_class": [[value, one.total, one.mass] for value, one in sorted(doubt.by_class.items())],
    }


def _from_json(value: dict[str, Any]) -> Doubt:
    overall = Entropy(float(value["overall"][0]), float(value["overall"][1]))
    by_class = {int(v): Entropy(float(total), float(mass)) for v, total, mass in value["by_class"]}
    return Doubt(frozenset(int(v) for v in value["shown"]), overall, by_class)
