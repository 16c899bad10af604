"""The case that is being labelled: what its label started from, what of it is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    record : of the proposal that it started from
    saved : the label that counts, or, before the first save, ``start``
    version : of the label, when it was saved since the case was opened
    dirty : whether the annotator changed something since
    undosBefore : added to the editor's count: those of an earlier session, less those that a save has told already
    """

    case: Any
    source: str
    start: Any
    blind: bool = False
    record: Any = None
    saved: Any = None
    version: int | None = None
    dirty: bool = False
    undosBefore: int = 0

    def __post_init__(self) -> None:
        self.saved = self.start

    @property
    def id(self) -> str:
        """Id of the case."""
        return str(self.case.id)

    def undos(self, counted: int | None) -> int | None:
        """Of the present work; ``counted`` is what the editor counts since the case was opened."""
        return None if counted is None else max(0, counted + self.undosBefore)

    def took(self, label: Any, version: int, case: Any, counted: int | None) -> None:
        """``label`` was saved as ``version``; work goes on from there."""
        self.start = self.saved = label
        self.source, self.version, self.case, self.dirty, self.record = LABEL, version, case, False, None
        self.undosBefore = -(counted or 0)

    def beginAnew(self, empty: Any) -> None:
        """The proposal is no use: the label starts from nothing."""
        self.start = self.saved = empty
        self.source, self.record = NEW, None


def openCase(project: Any, case: Any, geometry: Any) -> OpenCase:
    """A case with the label to begin with: the saved one, else the proposal of a model, else an empty one.

    A proposal that was rejected is left out, and that of a case which is to be labelled blind.
    """
    from medopt.labelling.blind import is_blind

    if case.labelled:
        return OpenCase(case, LABEL, project.read_label(case.id))
    record = project.proposal(case.id)
    usable = record is not None and not record.rejected
    blind = usable and is_blind(project, case.id)
    if usable and not blind:
        proposal = project.read_proposal(case.id)
        if proposal is not None:
            return OpenCase(case, PROPOSAL, _withoutScores(proposal), record=record)
    return OpenCase(case, NEW, emptyLabel(project.settings, geometry), blind)


def same(project: Any, first: Any, second: Any) -> bool:
    """Whether two labels of a case say the same."""
    kind = project.labels.kind
    return bool(kind.changes(first, second) == 0 and first.unjudged == second.unjudged)


def _withoutScores(label: Any) -> Any:
    """The boxes of a model as an annotator's: without scores."""
    from medopt.image import Boxes

    if not isinstance(label, Boxes):
        return label
    return Boxes(tuple(replace(box, score=None) for box in label.boxes), label.unjudged)
