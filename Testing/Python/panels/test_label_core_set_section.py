"""The core set in the panel: chosen by a job, changed by hand, shown on a map."""

from types import SimpleNamespace

import pytest
from MedOptLabelLib.case_list import CaseList
from MedOptLabelLib.core_set_section import CoreSetSection
from standins.material import blob
from typer.testing import CliRunner

from medopt import MedOptError
from medopt.cli.app import make_app
from medopt.labelling.core_set import choose_core_set, core_set_path, load_core_set, save_core_set
from medopt.labelling.embeddings import embeddings_path
from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


@pytest.fixture
def bench(library, mrml, project):
    timer = HandTimer()
    jobs = JobLine(library, timer)
    section = CoreSetSection(mrml, jobs)
    jobs.setProjectFolder(project.folder)
    return SimpleNamespace(section=section, jobs=jobs, timer=timer, library=library, project=project, scene=mrml)


def chosen(project, count=1):
    """What the worker does."""
    found, _embeddings = choose_core_set(project, count)
    save_core_set(project, found)
    return found


def buttons(section):
    return {name: (state.missing, state.text) for name, state in section.buttons().items()}


def test_what_is_missing_is_told(bench):
    assert bench.section.buttons()["coreSetButton"].toolTip == "Open or create a project first."
    bench.section.setProject(bench.project)
    found = buttons(bench.section)
    assert found["coreSetButton"] == ("", "Choose")
    assert found["coreToggleButton"][0] == found["coreChartButton"][0] == "Choose a core set first."
    assert bench.section.count == 4, "never more than there are"


def test_a_job_chooses_and_its_choice_is_shown(bench):
    section = bench.section
    section.setProject(bench.project)
    section.setCount(2)
    section.choose()
    assert bench.library.started == [["coreset", str(bench.project.folder), "--count", "2"]]
    assert buttons(section)["coreSetButton"][0] == "Wait for the end of the job under way."
    found = chosen(bench.project, 2)
    bench.library.jobs[0].finish()
    bench.timer.tick()
    assert section.ids == found.ids
    assert set(section.ids) == {"case-2", "case-3"}, "what is labelled need not be chosen"
    assert [row[0] for row in section.cells()] == list(found.ids)
    assert all(row[1] == "" and row[2] for row in section.cells())
    assert section.text.startswith("0 of 2 are labelled.")
    assert buttons(section)["coreSetButton"] == ("", "Choose anew")
    assert section.count == 2
    assert section.caseOf(0) == found.ids[0]
    assert section.caseOf(2) is None


def test_the_user_puts_cases_in_and_takes_them_out(bench):
    section = bench.section
    (first,) = chosen(bench.project).ids
    section.setProject(bench.project)
    other = ({"case-2", "case-3"} - {first}).pop()
    section.select(other)
    assert buttons(section)["coreToggleButton"] == ("", "Add selected case")
    section.toggle()
    assert section.ids == (first, other)
    assert buttons(section)["coreToggleButton"] == ("", "Drop selected case")
    section.select(first)
    section.toggle()
    stored = load_core_set(bench.project)
    assert stored.ids == (other,) == section.ids
    assert stored.dropped == (first,)


def test_a_case_that_no_model_may_learn_from_is_refused(bench):
    chosen(bench.project)
    bench.project.set_flag("case-0", "blurred")
    bench.section.setProject(bench.project)
    bench.section.select("case-0")
    with pytest.raises(MedOptError, match="the case is flagged"):
        bench.section.toggle()


def test_the_map_names_its_cases_and_follows_changes(bench):
    section = bench.section
    (first,) = chosen(bench.project).ids
    section.setProject(bench.project)
    node = section.node()
    found = {}
    for n in range(node.GetNumberOfPlotSeriesNodes()):
        series = node.GetNthPlotSeriesNode(n)
        found[series.GetName().split(" (")[0]] = columns_from_table(series.GetTableNode())["case"]
    assert found["core set"] == [first]
    assert found["labelled"] == ["case-0", "case-1"]
    section.select(first)
    section.toggle()
    (same,) = marked_nodes(bench.scene, role="core set")
    assert same is node
    names = {node.GetNthPlotSeriesNode(n).GetName() for n in range(node.GetNumberOfPlotSeriesNodes())}
    assert not any(name.startswith("core set") for name in names)


def test_without_what_the_worker_keeps_there_is_no_map(bench):
    chosen(bench.project)
    embeddings_path(bench.project).unlink()
    bench.section.setProject(bench.project)
    assert bench.section.node() is None
    assert marked_nodes(bench.scene, role="core set") == []


def test_where_there_is_nothing_to_draw_the_panel_says_what_to_do_and_does_it(bench):
    section, project = bench.section, bench.project
    ids = chosen(project, 2).ids
    embeddings_path(project).unlink()
    section.setProject(project)
    assert section.text.startswith("0 of 2 are labelled.")
    assert "press Prepare chart, and the images are read again; the core set stays" in section.text
    assert buttons(section)["coreChartButton"] == ("", "Prepare chart")
    section.setCount(1)
    section.readImages()
    assert bench.library.started == [["coreset", str(project.folder)]], "no count: nothing is chosen anew"
    assert buttons(section)["coreChartButton"] == ("Wait for the end of the job under way.", "Prepare chart")
    result = CliRunner().invoke(make_app(), bench.library.started[0])
    assert result.exit_code == 0, result.output
    bench.library.jobs[0].finish()
    bench.timer.tick()
    assert section.ids == ids
    assert buttons(section)["coreChartButton"] == ("", "Show chart")
    assert "Prepare chart" not in section.text
    assert section.node() is not None


def test_a_damaged_cache_is_told_when_the_chart_is_asked_for(bench):
    chosen(bench.project)
    embeddings_path(bench.project).write_bytes(b"no descriptors")
    bench.section.setProject(bench.project)
    assert buttons(bench.section)["coreChartButton"] == ("", "Show chart")
    shown = []
    bench.section.changed.connect(lambda: shown.append(bench.section.text))
    assert bench.section.node() is None
    assert "press Prepare chart" in shown[-1]


def test_without_a_core_set_no_chart_is_to_be_prepared(bench):
    bench.section.setProject(bench.project)
    assert bench.section.text == ""
    assert buttons(bench.section)["coreChartButton"] == ("Choose a core set first.", "Show chart")


def test_labels_are_counted_as_they_come(bench):
    (first,) = chosen(bench.project).ids
    bench.section.setProject(bench.project)
    bench.project.save_label(first, blob((1,)), annotator="kim")
    bench.section.noteLabel(first)
    assert bench.section.cells()[0][1] == "yes"
    assert bench.section.text.startswith("1 of 1 are labelled.")


def test_a_damaged_file_is_told(bench):
    chosen(bench.project)
    core_set_path(bench.project).write_text('{"count": "many"}')
    bench.section.setProject(bench.project)
    assert bench.section.text.startswith("⚠ ")
    assert bench.section.ids == ()


def test_what_failed_is_told(bench):
    bench.section.setProject(bench.project)
    bench.section.choose()
    bench.library.jobs[0].finish("failed", "no image can be read")
    bench.timer.tick()
    assert bench.section.text == "⚠ no image can be read"


def test_the_list_of_cases_marks_the_core_set(project):
    cases = CaseList()
    cases.fill(project.cases())
    assert cases.setCore(["case-2"])
    assert not cases.setCore(["case-2"])
    assert {row.id: row.stateText for row in cases.all()}["case-2"] == "unlabelled · core set"
    cases.setFilter("core set")
    assert [row.id for row in cases.shown()] == ["case-2"]
    cases.update(project.case("case-2"))
    assert [row.id for row in cases.shown()] == ["case-2"]
    cases.fill(project.cases())
    assert [row.id for row in cases.shown()] == ["case-2"]
    assert cases.setCore([])
    assert cases.shown() == []
