"""What each annotator says of a case, read from the history of its label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from medopt.errors import MedOptError
from medopt.project import LabelVersion, Project
from medopt.project.schema import LABEL_VERSIONS

CONSENSUS = "consensus"
"""The annotator of labels that were worked out from those of others; he has no opinion of his own."""

IMPORTED = "(imported)"
"""Who made the labels that came with the images and tell nobody's name."""


@dataclass(frozen=True)
class Opinion:
    """The last version of a case's label by one annotator.

    Parameters
    ----------
    annotator : his handle, or ``IMPORTED``
    version : of the label
    from_proposal : whether it began as a model's proposal, which makes labels of several annotators alike
    blind : whether no proposal was shown
    """

    annotator: str
    version: int
    from_proposal: bool
    blind: bool


def find_opinions(
    project: Project, annotators: Sequence[str] | None = None, *, blind: bool = False
) -> dict[str, tuple[Opinion, ...]]:
    """The opinions of each case that has two or more, by case id; annotators in alphabetical order.

    Restored versions count as those of who made them; files that were put in place without MedOpt, and consensus
    labels, are nobody's.

    Parameters
    ----------
    annotators : whose opinions count; everybody's when None
    blind : whether only labels count that were made without sight of a proposal

    Raises MedOptError for an annotator who made no label.
    """
    query = select(LABEL_VERSIONS.c.case_id, LABEL_VERSIONS.c.annotator, LABEL_VERSIONS.c.source).distinct()
    people: dict[str, set[str]] = defaultdict(set)
    with project.catalogue.read() as connection:
        for case_id, annotator, source in connection.execute(query):
            if name := _name(annotator, source):
                people[case_id].add(name)
    known = sorted(set().union(*people.values())) if people else []
    if unknown := sorted(set(annotators or ()) - set(known)):
        raise MedOptError(
            "nobody of that name made a label",
            where=project.folder,
            expected=", ".join(known) or "a labelled case",
            found=", ".join(unknown),
        )
    wanted = set(known if annotators is None else annotators)
    found = {}
    for case_id, names in sorted(people.items()):
        if len(names & wanted) > 1:
            opinions = [o for o in _last_of_each(project.label_history(case_id)) if o.annotator in wanted]
            opinions = [o for o in opinions if o.blind or not blind]
            if len(opinions) > 1:
                found[case_id] = tuple(sorted(opinions, key=lambda o: o.annotator))
    return found


def read_opinion(project: Project, case_id: str, opinion: Opinion) -> Any:
    """The label of an opinion, of the kind of the project's task; MedOptError when its file is gone or damaged."""
    return project.labels.read_version(case_id, opinion.version)


def _last_of_each(history: Sequence[LabelVersion]) -> list[Opinion]:
    last: dict[str, Opinion] = {}
    for version in history:
        if name := _name(version.annotator, version.source):
            last[name] = Opinion(name, version.version, version.source == "proposal", version.blind)
    return list(last.values())


def _name(annotator: str | None, source: str) -> str | None:
    if annotator is None:
        return IMPORTED if source == "import" else None
    return None if annotator == CONSENSUS else annotator
