"""Proposals of a model for the cases of a project, with how sure it is of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.labelling.acceptances import keep_score
from medopt.labelling.blind import load_blind
from medopt.labelling.catch import spoil
from medopt.labelling.proposing_model import ProposingModel, open_proposing_model
from medopt.labelling.suggestion import LEAST_SCORE, suggest
from medopt.project import Project

if TYPE_CHECKING:
    from medopt.training.loop import StopRequest


@dataclass(frozen=True)
class ProposalSummary:
    """What `propose` did.

    Parameters
    ----------
    model : whose proposals they are
    made : cases that got one
    kept : cases that had one of these very weights, or were labelled or opened by somebody meanwhile
    left_out : case → why it could not get one
    stopped : whether the user ended it before its end; the same call goes on from there
    """

    model: str
    made: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: dict[str, str]
    stopped: bool = False


def propose(
    project: Project,
    model_or_run: str | Path | ProposingModel | None = None,
    *,
    cases: Sequence[str] | None = None,
    round: int | None = None,
    least_score: float = LEAST_SCORE,
    device: str | None = None,
    threads: int | None = None,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> ProposalSummary:
    """Let a model propose a label for each case that has none.

    Parameters
    ----------
    model_or_run : see `open_proposing_model`; the newest run by default
    cases : for these, labelled or not; by default for all without a label
    round : of labelling, see `medopt.labelling.teach`
    least_score : boxes that score less are not proposed (detection)
    device, threads : where a run is computed

    An earlier proposal is replaced, unless it is of these very weights, so that the same call after an interruption
    goes on where it was, or somebody has the case open: he keeps what he sees. The similarity of an earlier proposal to
    a label that there is already is noted before it is replaced. A case that fails is left out with the reason, and the
    rest goes on. Raises MedOptError when there is no such model, it does not fit the project, or a case is unknown.
    """
    listener = reporter or Silence()
    wanted = [case.id for case in project.cases() if not case.labelled] if cases is None else list(cases)
    waiting = {name: project.case(name) for name in wanted}  # an unknown case is told before the model is loaded
    model = (
        model_or_run
        if isinstance(model_or_run, ProposingModel)
        else open_proposing_model(project, model_or_run, device=device, threads=threads)
    )
    listener.emit("message", level="info", text=f"Proposals by {model.name} ({model.model.runtime.name})")
    maker = _Maker(project, model, round, least_score, cases is not None)
    made: list[str] = []
    kept: list[str] = []
    left_out: dict[str, str] = {}
    progress = Progress(listener, "propose", len(waiting))
    stopped = False
    for name in waiting:
        if stop is not None and stop.requested():
            stopped = True
            break
        try:
            (made if maker.make(name) else kept).append(name)
        except MedOptError as error:
            left_out[name] = str(error)
            listener.emit("message", level="warning", text=f"{name} is left out: {error}")
        progress.advance()
    return ProposalSummary(model.name, tuple(made), tuple(kept), left_out, stopped)


class _Maker:
    """Makes and saves one proposal after the other."""

    def __init__(
        self, project: Project, model: ProposingModel, round: int | None, least_score: float, labelled: bool
    ) -> None:
        self._project, self._model, self._round, self._least_score = project, model, round, least_score
        self._labelled = labelled
        self._values = tuple(info.value for info in project.settings.classes)
        self._blind = load_blind(project)

    def make(self, name: str) -> bool:
        """Whether the case got a new proposal."""
        if not self._wants(name):
            return False
        image = self._project.read_image(name)
        found = suggest(image, self._model, self._values, least_score=self._least_score)
        label, scores, catch = found.label, found.scores, False
        if self._blind.is_catch(name):
            wrong = spoil(found.label, image.geometry, self._values)
            if wrong is not None:
                label, scores, catch = wrong, None, True  # its scores would give it away
        if not self._wants(name):  # it took a while
            return False
        if self._labelled:
            keep_score(self._project, name)
        self._project.save_proposal(
            name,
            label,
            model=self._model.name,
            confidence=found.confidence,
            round=self._round,
            scores=scores,
            catch=catch,
        )
        return True

    def _wants(self, name: str) -> bool:
        case, there = self._project.case(name), self._project.proposal(name)
        if case.labelled and not self._labelled:
            return False
        if there is None:
            return True
        if case.leased_to is not None:
            return False
        return there.model != self._model.name or there.time < self._model.made
