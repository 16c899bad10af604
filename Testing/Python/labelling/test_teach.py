"""Whole rounds on a tiny project: learn, choose, propose, and go on after an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="rounds train")

from medopt.augment import AugmentSettings
from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.labelling.rounds import Candidate, load_rounds
from medopt.labelling.teach import choose_candidate, teach
from medopt.networks.unet import UNet
from medopt.preprocess import PreprocessSettings
from medopt.preprocess.normalize_step import Normalize
from medopt.project import Project, make_split
from medopt.training import Recipe, RunRecord, TrainingSettings
from medopt.training.running_settings import RunningSettings

RECIPE = Recipe(
    preprocess=PreprocessSettings(steps=(Normalize(),)),
    augment=AugmentSettings(),
    network=UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2))),
    training=TrainingSettings(patch=(16, 16, 16), steps=2, validations=2, learning_rate=0.01),
    running=RunningSettings(precision="float32", memory_format="contiguous", compile=False),
)
MINUTES = 0.02


@pytest.fixture(autouse=True)
def no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adviser has tests of its own, and takes its time."""
    monkeypatch.setattr("medopt.training.propose_recipe", lambda *given, **wishes: RECIPE, raising=False)


def a_round(project: Project, **values):
    return teach(project, minutes=MINUTES, recipe=RECIPE, device="cpu", threads=1, **values)


def label_more(project: Project, folder: Path, number: int) -> None:
    finished = Project.open(folder)
    for case in [case for case in project.cases() if not case.labelled][:number]:
        project.save_label(case.id, finished.read_label(case.id), annotator="anna", source="proposal")


class AskedAfter:
    """Asks to stop from the n-th time on."""

    def __init__(self, times: int) -> None:
        self.left = times

    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_two_rounds_the_second_from_the_first(half_labelled: Project, small_project_folder: Path) -> None:
    events = Collector()
    first = a_round(half_labelled, reporter=events)
    assert (first.number, first.state, first.model, first.metric) == (1, "done", "round-001", "dice")
    assert (first.training_cases, first.validation_cases, first.proposed) == (3, 1, 4)
    assert first.candidates[0].score is not None
    assert load_rounds(half_labelled) == [first]
    waiting = [case.id for case in half_labelled.cases() if not case.labelled]
    for name in waiting:
        record = half_labelled.proposal(name)
        assert (record.model, record.round) == ("round-001", 1)
    texts = [str(event.get("text")) for event in events.events if event["kind"] == "message"]
    assert "Round 1: 3 cases of 3 subjects to learn from, 1 of 1 to judge by" in texts

    label_more(half_labelled, small_project_folder, 1)
    second = a_round(half_labelled)
    (candidate,) = second.candidates
    assert (candidate.run, candidate.start, candidate.source) == ("round-002", "continued", "round-001")
    run = RunRecord.load(half_labelled.runs_folder / "round-002")
    assert run.transfer is not None
    assert run.transfer["source"] == "round-001"
    assert second.proposed == 3
    labelled = half_labelled.label_history(waiting[0])[-1]
    assert (labelled.model, labelled.round) == ("round-001", 1)
    assert half_labelled.proposal(waiting[1]).round == 2


def test_when_the_cases_have_doubled_both_ways_are_tried(half_labelled: Project, small_project_folder: Path) -> None:
    a_round(half_labelled)
    label_more(half_labelled, small_project_folder, 4)
    second = a_round(half_labelled)
    assert [one.run for one in second.candidates] == ["round-002", "round-002-scratch"]
    assert all(one.score is not None for one in second.candidates)
    assert second.model in ("round-002", "round-002-scratch")
    assert all(one.run in second.choice for one in second.candidates)
    runs = [RunRecord.load(half_labelled.runs_folder / one.run) for one in second.candidates]
    assert runs[0].split["hash"] == runs[1].split["hash"]


def test_a_round_that_was_stopped_in_training_goes_on_from_there(half_labelled: Project) -> None:
    stopped = a_round(half_labelled, stop=AskedAfter(3))
    assert stopped.state == "training"
    assert RunRecord.load(half_labelled.runs_folder / "round-001").state == "stopped"
    assert not any(half_labelled.proposal(case.id) for case in half_labelled.cases())
    done = a_round(half_labelled)
    assert (done.number, done.state, done.proposed) == (1, "done", 4)
    assert [one.number for one in load_rounds(half_labelled)] == [1]


def test_a_round_that_died_while_proposing_keeps_what_it_has(
    half_labelled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Project.save_proposal, []

    def dying(self, case_id: str, *given, **values) -> None:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(case_id)
        real(self, case_id, *given, **values)

    monkeypatch.setattr(Project, "save_proposal", dying)
    with pytest.raises(KeyboardInterrupt):
        a_round(half_labelled)
    (record,) = load_rounds(half_labelled)
    assert record.state == "proposing"
    monkeypatch.setattr(Project, "save_proposal", real)
    steps = RunRecord.load(half_labelled.runs_folder / "round-001").steps
    done = a_round(half_labelled)
    assert done.state == "done"
    assert done.proposed == 4
    assert RunRecord.load(half_labelled.runs_folder / "round-001").steps == steps


def test_the_test_part_is_never_read(
    half_labelled: Project, small_project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_more(half_labelled, small_project_folder, 4)
    sealed = make_split(half_labelled, test=0.25, validation=0.25)
    real, read = Project.read_label, []
    monkeypatch.setattr(Project, "read_label", lambda self, name: read.append(name) or real(self, name))
    record = a_round(half_labelled)
    assert record.state == "done"
    assert read
    assert not set(read) & set(sealed.test)
    assert half_labelled.test_openings() == []


def test_a_round_begun_before_the_test_part_changed_is_given_up(
    half_labelled: Project, small_project_folder: Path
) -> None:
    label_more(half_labelled, small_project_folder, 4)
    stopped = a_round(half_labelled, stop=AskedAfter(0))
    assert stopped.state == "training"
    make_split(half_labelled, test=0.5, validation=0.2, replace=True)
    events = Collector()
    done = a_round(half_labelled, reporter=events)
    assert (done.number, done.state) == (2, "done")
    assert any("Round 1 is given up" in str(event.get("text")) for event in events.events)


def test_anew_leaves_an_unfinished_round_behind(half_labelled: Project) -> None:
    assert a_round(half_labelled, stop=AskedAfter(0)).state == "training"
    assert (a_round(half_labelled, anew=True).number, a_round(half_labelled).number) == (2, 3)


def test_without_proposals_none_are_made(half_labelled: Project) -> None:
    record = a_round(half_labelled, proposing=False)
    assert (record.state, record.proposed) == ("done", 0)
    assert not any(half_labelled.proposal(case.id) for case in half_labelled.cases())


def test_too_few_labels_are_told_before_anything_is_begun(half_labelled: Project) -> None:
    for case in half_labelled.cases()[:2]:
        half_labelled.set_flag(case.id, "blurred")
    with pytest.raises(MedOptError, match="too few labelled cases to learn from"):
        a_round(half_labelled)
    assert load_rounds(half_labelled) == []
    assert list(half_labelled.runs_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("scores", "taken"),
    [
        ((0.80, 0.90), "b"),
        ((0.80, 0.803), "a"),  # not clearly better
        ((0.80, 0.70), "a"),
        ((None, 0.90), "a"),  # nothing to compare with
        ((0.80, None), "a"),
        ((0.80,), "a"),
    ],
)
def test_the_fresh_model_must_be_clearly_better(scores: Sequence[float | None], taken: str) -> None:
    starts = ("continued", "scratch")
    given = [Candidate(run, starts[n], None, 1.0, s) for n, (run, s) in enumerate(zip("ab", scores, strict=False))]
    best, why = choose_candidate(given, "dice")
    assert best.run == taken
    assert why.startswith(taken)
    assert "dice on the internal validation part" in why
