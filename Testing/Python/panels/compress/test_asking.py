"""What is asked for: branches, limits, names; the plan that is told before anything starts."""

from __future__ import annotations

from itertools import pairwise

from MedOptValidateLib.compress_section import CompressSection
from MedOptValidateLib.compress_self_test import recordCompression
from MedOptValidateLib.compress_words import Wishes

from medopt.compression.chain.plan import ChainSettings


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


def test_what_is_missing_is_told(mrml, jobs, validator, section, project):
    empty = CompressSection(mrml, jobs, validator)
    assert all(not state.enabled and state.toolTip for state in empty.buttons().values())
    assert "Open or create a project" in empty.buttons()["compressPlanButton"].toolTip
    states = section.buttons()
    assert "See the plan for these fields first" in states["compressButton"].toolTip
    assert "no compression yet" in states["resumeCompressButton"].toolTip
    assert "no compression yet" in states["showFrontButton"].toolTip
    assert "The test stays sealed" in section.text
    assert section.planCells() == []
    assert section.modelText == ""


def test_the_plan_is_told_before_anything_starts(section, library, project, tellPlan):
    section.wish(keepPercent=98.5, minutes=12.0)
    section.tellPlan()
    line = library.started[-1]
    assert line[:2] == ["compress", str(project.folder)]
    assert line[-1] == "--plan"
    assert options(line)["--keep"] == "0.985"
    assert section.plan.text(section.wishes).startswith("The worker measures")
    assert not section.running
    assert "Wait" in section.buttons()["compressButton"].toolTip
    tellPlan(state="done")
    assert section.planCells() == [["teacher", "the run as it is", "none", ""]]
    assert section.plan.text(section.wishes) == "Expected: about 12 min in all"
    assert section.buttons()["compressButton"].enabled
    section.wish(sizeMb=2.0)
    assert section.buttons()["compressButton"].enabled, "limits only choose"
    section.wish(minutes=20.0)
    assert "See the plan" in section.buttons()["compressButton"].toolTip
    assert "changed" in section.plan.text(section.wishes)


def test_a_failed_plan_starts_nothing(section, library, timer):
    section.tellPlan()
    library.jobs[-1].finish("failed", "no validation case")
    timer.tick()
    assert not section.buttons()["compressButton"].enabled
    assert section.plan.text(section.wishes) == ""


def test_limits_have_units_and_none_is_none():
    assert Wishes().measuring() == ["--runtime", "onnxruntime"]
    limits = Wishes(latencyMs=12.5, sizeMb=0.75).measuring()[2:]
    assert limits == ["--max-latency", "12.5ms", "--max-size", "0.75MB"]


def test_what_cannot_be_read_stops_plan_and_start_but_not_what_goes_on(section, project, tellPlan):
    recordCompression(project, finished=False)
    section.setProject(project)
    section.tellPlan()
    tellPlan(state="done")
    section.wishBranches(removed="50, x")
    for name in ("compressPlanButton", "compressButton"):
        assert "x is not a number" in section.buttons()[name].toolTip
    assert section.buttons()["resumeCompressButton"].enabled
    section.wishBranches(removed="50,75 %")
    assert section.buttons()["compressButton"].enabled, "the same branches as in the plan"
    section.wishBranches(networks=False)
    assert "See the plan" in section.buttons()["compressButton"].toolTip


def test_plan_and_start_ask_for_the_same_branches(section, library, tellPlan):
    from medopt.cli.prune import complete

    section.wishBranches(removed="30", students=False, coarse="75", networks=False)
    section.tellPlan()
    tellPlan(state="done")
    section.startOrStop()
    planned, started = ([v for word, v in pairwise(line) if word == "--set"] for line in library.started[-2:])
    assert planned == started
    asked = ChainSettings(removed=(0.3,), widths=(), coarse=(0.75,), networks=())
    assert complete(ChainSettings, {}, started, "test") == asked
