"""The case that is being labelled: what its label started from, what of it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from MedOptLabelLib.editors import emptyLabel

LABEL, PROPOSAL, NEW = "label", "proposal", "new"


@dataclass
class OpenCase:
    """Parameters
    ----------
    case : as the catalogue knows it
    source : where ``start`` comes from: the saved label, a model's proposal, or nothing
    start : the label that was shown first, or saved last
    blind : whether the case is labelled without its proposal, to measure how much proposals sway
    saved : the label that counts, or, before the first save, ``start``
    version : of the label, when it was saved since the case was opened
    dirty : whether the annotator changed something since
    """

    case: Any
    source: str
    start: Any
    blind: bool = False
    saved: Any = None
    version: int | None = None
    dirty: bool = False

    def __post_init__(self) -> None:
        self.saved = self.start

    @property
    def id(self) -> str:
        """Id of the case."""
        return str(self.case.id)

    def took(self, label: Any, version: int, case: Any) -> None:
        """``label`` was saved as ``version``; work goes on from there."""
        self.start = self.saved = label
        self.source, self.version, self.case, self.dirty = LABEL, version, case, False


def openCase(project: Any, case: Any, geometry: Any, *, blind: bool = False) -> OpenCase:
    """A case with the label to begin with: the saved one, else the proposal of a model, else an empty one.

    ``blind`` leaves the proposal out.
    """
    if case.labelled:
        return OpenCase(case, LABEL, project.read_label(case.id), blind)
    proposal = None if blind else project.read_proposal(case.id)
    if proposal is not None:
        return OpenCase(case, PROPOSAL, _withoutScores(proposal), blind)
    return OpenCase(case, NEW, emptyLabel(project.settings, geometry), blind)


def same(project: Any, first: Any, second: Any) -> bool:
    """Whether two labels of a case say the same."""
    kind = project.labels.kind
    return bool(kind.changes(first, second) == 0 and first.unjudged == second.unjudged)


def _withoutScores(label: Any) -> Any:
    """The boxes of a model as an annotator's: without scores."""
    from dataclasses import replace

    from medopt.image import Boxes

    if not isinstance(label, Boxes):
        return label
    return Boxes(tuple(replace(box, score=None) for box in label.boxes), label.unjudged)
