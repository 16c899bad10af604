"""Range test, cross-validation and search: commands, what they leave on disk, charts of the scene."""

import json

import pytest
import yaml
from MedOptTrainLib.curves import LearningCurves
from MedOptTrainLib.hyper import Hyper
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.trainer import Trainer
from standins.material import blob, scored

from medopt import MedOptError
from medopt.files import write_json, write_text
from medopt.training.advice import Advice, Reason
from medopt.training.search import Search, SearchSettings, plan_rounds, training_amount
from MedOptCoreLib.texts import duration

RECIPE = {
    "preprocess": {"steps": []},
    "augment": {"techniques": []},
    "network": {"name": "unet"},
    "training": {"patch": [8, 8, 8], "minutes": 4.0, "steps": None, "learning_rate": 0.003},
}
CURVE = {"rates": [1e-4, 1e-3, 1e-2], "losses": [1.0, 0.5, 0.8], "smoothed": [1.0, 0.6, 0.7], "suggestion": 0.001}
SPACE = SearchSettings(
    dimensions=[
        {"field": "training.learning_rate", "kind": "log", "low": 1e-4, "high": 1e-1},
        {"field": "training.batch_size", "kind": "choice", "choices": [2, 4]},
    ],
    trials=12,
)


@pytest.fixture
def hyper(jobs, mrml, project):
    for case in ("case-2", "case-3"):
        project.save_label(case, blob((1, 2)), annotator="kim")
    recipe = RecipeForm(jobs.start, lambda: jobs.busy)
    trainer = Trainer(jobs, recipe, LearningCurves(mrml))
    made = Hyper(mrml, recipe, trainer, jobs)
    made.recipe, made.trainer, made.project = recipe, trainer, project
    jobs.setProjectFolder(project.folder)
    for part in (recipe, trainer, made):
        part.setProject(project)
    trainer.makeSplit(25, 25)
    return made


def whole(hyper):
    hyper.recipe.values = json.loads(json.dumps(RECIPE))
    hyper.recipe.changed.emit()


def end(library, timer, state="done", error=None):
    library.jobs[-1].finish(state, error)
    timer.tick()


# ---- learning rates ------------------------------------------------------------------------------------------------


def test_a_range_test_is_started_read_and_its_rate_used(hyper, library, timer):
    rates = hyper.rates
    whole(hyper)
    assert not rates.buttons()["useRateButton"].enabled
    rates.startOrStop()
    words = library.started[-1]
    assert words[:3] == ["lr-range", str(hyper.project.folder), "--recipe"]
    assert words[-1].endswith("lr-range.png")
    assert rates.buttons()["rateTestButton"].text == "Stop the test"
    write_json(hyper.project.cache_folder / "lr-range.json", CURVE)
    end(library, timer)
    assert rates.text == "Suggested learning rate: 0.001. The recipe has 0.003."
    node = rates.chart()
    assert node.GetXAxisLogScale()
    assert node.GetNumberOfPlotSeriesNodes() == 3
    assert node.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows() == 3
    assert rates.chart() is node, "kept up to date, not doubled"
    rates.use()
    assert hyper.recipe.values["training"]["learning_rate"] == 0.001
    assert rates.text.endswith("The recipe has 0.001.")


def test_an_earlier_test_is_found_again_and_a_failed_one_is_told(hyper, library, timer):
    write_json(hyper.project.cache_folder / "lr-range.json", {**CURVE, "suggestion": None})
    hyper.rates.setProject(hyper.project)
    assert "never fell" in hyper.rates.text
    assert "suggests no rate" in hyper.rates.buttons()["useRateButton"].toolTip
    hyper.rates.startOrStop()
    hyper.rates.startOrStop()
    assert library.jobs[-1].asked == 1
    end(library, timer, "failed", "the loss is no number")
    assert hyper.rates.text == "the loss is no number"


def test_a_pretraining_is_started_and_stopped(hyper, library, timer):
    start = hyper.start
    start.pretrainOrStop(5.0)
    assert library.started[-1] == ["pretrain", str(hyper.project.folder), "--minutes", "5.0"]
    assert start.buttons()["pretrainButton"].text == "Stop pretraining"
    start.pretrainOrStop(5.0)
    assert library.jobs[-1].asked == 1
    end(library, timer)
    assert start.buttons()["pretrainButton"].text == "Pretrain on all images"


# ---- cross-validation ----------------------------------------------------------------------------------------------


def test_the_plan_is_that_of_the_library(hyper):
    from medopt.training.folds.plan import plan_folds

    hyper.folds.setK(3)
    rows = hyper.folds.plan(7.0)
    (expected,) = plan_folds(3, (3, 5), minutes=7.0)  # one of the four subjects is sealed
    assert rows == [
        ["▸ 3", f"{expected.training_subjects:.0f} subjects (33%)", f"± {expected.half_width:.3f}", "–", "21 min 00 s"]
    ]
    assert "3 subjects take part" in hyper.folds.text
    assert "assumed" in hyper.folds.text
    hyper.recipe.advice = Advice({}, (Reason("folds", 5, "Five by subject.", rule="folds.five"),))
    assert hyper.folds.text.startswith("Proposed: 5. Five by subject. 3 subjects take part")
    hyper.folds.setK(5)
    assert hyper.folds.buttons()["crossvalButton"].toolTip == "There are 3 subjects; take fewer folds."


def test_repeats_and_a_search_within_each_fold_are_told_and_asked_for(hyper, library, timer):
    folds = hyper.folds
    folds.setK(3)
    once = folds.plan(7.0)[0]
    assert once[0] == "▸ 3"
    assert once[-1] == "21 min 00 s"
    folds.setRepeats(4)
    assert folds.plan(7.0)[0] == ["▸ 3 × 4", *once[1:-1], "1 h 24 min"]
    assert "Dividing 4 times steadies" in folds.text
    folds.setRepeats(1)
    folds.setTrials(27)
    settings = SearchSettings(dimensions=SPACE.dimensions, trials=27)
    amount = training_amount(plan_rounds(settings))
    assert folds.plan(60.0)[0][-1] == duration(3 * 3600 * (1 + amount))
    assert f"as long as {amount:.1f} trainings" in folds.text
    folds.setRepeats(2)
    folds.setTrials(9)
    folds.startOrStop(2.0)
    asked = ["--folds", "3", "--repeats", "2", "--nested", "--trials", "9", "--minutes", "2.0"]
    assert library.started[-1] == ["crossval", str(hyper.project.folder), *asked]


def test_folds_are_trained_followed_and_pooled(hyper, library, timer):
    folds = hyper.folds
    folds.setK(3)
    folds.startOrStop(2.0)
    assert library.started[-1] == ["crossval", str(hyper.project.folder), "--folds", "3", "--minutes", "2.0"]
    assert folds.buttons()["crossvalButton"].text == "Stop"
    folder = hyper.project.runs_folder / "cv-001"
    write_json(folder / "crossval.json", {"k": 3, "repeats": 1, "seed": 1, "everything": False, "started": "2026"})
    write_json(folder / "cv-001-fold1" / "metrics-held-out.json", {})
    end(library, timer, "stopped")
    assert folds.rows[0].cells() == ["cv-001", "1 of 3", "–"]
    assert "Select a cross-validation" in folds.buttons()["resumeFoldsButton"].toolTip
    folds.select("cv-001")
    folds.resume()
    words = library.started[-1]
    assert words[2:6] == ["--name", "cv-001", "--folds", "3"]
    assert words[-2:] == ["--recipe", str(folder / "recipe.yaml")]
    scored([0.7, 0.8, 0.9], "out-of-fold", "cv-001").save(folder / "pooled" / "metrics-out-of-fold.json")
    end(library, timer)
    assert folds.rows[0].result.startswith("Dice 0.")
    assert ", n = " in folds.rows[0].result
    assert folds.report == folder / "report.html"
    assert "finished" in folds.buttons()["resumeFoldsButton"].toolTip


def test_a_whole_recipe_gives_its_minutes(hyper, library):
    whole(hyper)
    hyper.folds.setK(3)
    assert hyper.folds.plan(99.0)[0][-1] == "12 min 00 s"
    hyper.folds.startOrStop(99.0)
    assert library.started[-1][4] == "--recipe"


# ---- search --------------------------------------------------------------------------------------------------------


def searched(project, trials, name="search-001"):
    """A search by the library itself, with so many finished trials; smaller rates are better."""
    search = Search(project.runs_folder / name, SPACE)
    for _number in range(trials):
        trial = search.suggest()
        trial, _go = search.report(trial, 1.0, 1.0 - trial.values["training.learning_rate"])
        search.finish(trial)
    return search


def test_a_search_is_started_followed_stopped_and_resumed(hyper, library, timer):
    section = hyper.search
    section.startOrStop(12, 2.5)
    words = library.started[-1]
    assert words == [
        "search", str(hyper.project.folder), "--name", "search-001", "--trials", "12", "--minutes", "2.5",
    ]  # fmt: skip
    assert section.buttons()["searchButton"].text == "Stop the search"
    searched(hyper.project, 2)
    library.jobs[-1].tell("message", level="info", text="search-001: 12 trials of 2 values")
    timer.tick()
    assert section.name == "search-001"
    assert section.text.startswith("search-001: 2 of 12 trials · best 0.9")
    searched(hyper.project, 1)
    timer.tick()
    assert section.text.startswith("search-001: 3 of 12 trials")
    section.startOrStop(12, 2.5)
    assert library.jobs[-1].asked == 1
    end(library, timer, "stopped")
    assert section.buttons()["resumeSearchButton"].enabled
    section.resume()
    assert library.started[-1] == ["search", str(hyper.project.folder), "--name", "search-001"]


def test_trials_and_ranges_are_what_the_library_says(hyper):
    search = searched(hyper.project, 12)
    hyper.search.setProject(hyper.project)
    view = hyper.search.view
    assert len(view.rows()) == 12
    assert view.rows()[0][0].startswith("★ ")
    best = max((t for t in search.store.all() if t.round == view.rounds[-1].number), key=lambda t: t.score)
    assert view.rows()[0][:4] == [f"★ {best.number + 1}", str(best.round + 1), "done", f"{best.score:.4f}"]
    now = search.ranges(len(search.rounds) - 1)[0]
    assert [row[2] for row in view.ranges()] == [str(one) for one in now]
    assert [row[1] for row in view.ranges()] == [str(one) for one in SPACE.dimensions]
    assert "finished" in hyper.search.buttons()["resumeSearchButton"].toolTip


def test_scores_and_importance_become_one_chart_that_grows(hyper, jobs, library, timer):
    assert hyper.search.show("history") is None
    searched(hyper.project, 3)
    hyper.search.setProject(hyper.project)
    node = hyper.search.show("history")
    rows = node.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows()
    assert rows == 3
    hyper.search.resume()
    searched(hyper.project, 2)
    timer.tick()
    assert node.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows() == 5
    searched(hyper.project, 7)
    timer.tick()
    assert hyper.search.show("importance") is node
    assert "importance of" in node.GetTitle()
    assert node.GetNthPlotSeriesNode(0).GetPlotType() == node.GetNthPlotSeriesNode(0).PlotTypeBar


def test_the_best_recipe_is_taken_over(hyper):
    folder = searched(hyper.project, 2).folder
    hyper.search.setProject(hyper.project)
    assert "written when the search ends" in hyper.search.buttons()["useSearchButton"].toolTip
    write_text(folder / "best-recipe.yaml", yaml.safe_dump(RECIPE))
    assert hyper.search.buttons()["useSearchButton"].enabled
    hyper.search.use()
    assert hyper.recipe.values == RECIPE
    assert hyper.search.picture is None
    write_text(folder / "parallel-coordinates.png", "")
    assert hyper.search.picture.is_file()


def test_half_written_trials_are_read_later(hyper):
    folder = searched(hyper.project, 1).folder
    hyper.search.setProject(hyper.project)
    write_text(folder / "trials" / "trial-0002.json", "{half")
    assert not hyper.search.view.update()
    assert len(hyper.search.view.trials) == 1
    write_text(folder / "search.yaml", "trials: many")
    with pytest.raises(MedOptError, match="trials"):
        hyper.search.select("search-001")


def test_the_commands_are_ones_that_medopt_knows(hyper, library, timer):
    from typer.main import get_command

    from medopt.cli import make_app

    whole(hyper)
    hyper.folds.setK(3)
    hyper.network.showCosts()
    end(library, timer)
    hyper.rates.startOrStop()
    end(library, timer)
    hyper.folds.startOrStop(1.0)
    end(library, timer)
    hyper.search.startOrStop(5, 1.0)
    end(library, timer)
    hyper.start.pretrainOrStop(1.0)
    commands = get_command(make_app()).commands
    assert [line[0] for line in library.started] == ["networks", "lr-range", "crossval", "search", "pretrain"]
    for line in library.started:
        options = {option for parameter in commands[line[0]].params for option in parameter.opts}
        assert {word for word in line if word.startswith("--")} <= options
        assert "--job" in options
