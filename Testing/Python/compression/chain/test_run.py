"""One request on a tiny project: what it leaves, that it goes on where it was, and whom it never looks at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")

from medopt.compression import export_run
from medopt.compression.chain import make
from medopt.compression.chain.front_file import read_front
from medopt.compression.chain.plan import ChainSettings
from medopt.compression.chain.run import Compressed, compress_run, plan_request
from medopt.compression.quantize import QuantizeSettings, quantize_package
from medopt.compression.run import Means
from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.files import file_sha256, read_json
from medopt.project import Project, load_split
from medopt.project.splitting import list_openings
from medopt.training.recipe import Recipe

ASKED = ChainSettings(
    keep=0.5,
    floor=0.0,
    steps=2,
    removed=(),
    widths=(0.5,),
    coarse=(),
    norms=("as it is",),
    networks=(),
    multiple=2,
    calibration=2,
    fine_tuning=0,
    rounds=2,
)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Cases whose image or label was read."""
    found: set[str] = set()
    for name in ("read_image", "read_label"):
        whole = getattr(Project, name)

        def spy(project: Project, case: str, *more: Any, _whole: Any = whole, **options: Any) -> Any:
            found.add(case)
            return _whole(project, case, *more, **options)

        monkeypatch.setattr(Project, name, spy)
    return found


def test_a_request_makes_measures_and_chooses_without_test_subjects(finished_project: Project, seen: set[str]) -> None:
    split, looks = load_split(finished_project), len(list_openings(finished_project))
    told = Collector()
    asked = ASKED.model_copy(update={"networks": ("separable_unet-S",), "norms": ("as it is", "batch")})
    found = compress_run(finished_project, "run-001", asked, name="small", means=Means(reporter=told))
    assert isinstance(found, Compressed)
    assert not seen & set(split.test)
    assert set(split.validation) <= seen
    assert len(list_openings(finished_project)) == looks
    branches = {one.branch for one in found.candidates}
    assert branches == {"teacher", "control", "width-50", "width-50-batch", "separable_unet-S"}
    teacher = next(one for one in found.candidates if one.branch == "teacher" and one.bits == 32)
    student = next(one for one in found.candidates if one.branch == "width-50" and one.bits == 32)
    assert student.parameters < teacher.parameters
    assert student.multiply_adds < teacher.multiply_adds
    assert found.faster[teacher.name] == 1.0
    front = read_front(found.folder / "front.json")
    assert front.candidates == tuple(sorted(found.candidates, key=lambda one: one.latency_ms))
    assert (front.front, front.faster, front.refused) == (found.front, found.faster, found.choice.refused)
    facts = read_json(found.folder / "front.json")
    assert facts["validation_cases"] == len(split.validation)
    assert facts["taken"] is None  # one validation subject gives no interval
    assert "too few validation subjects" in " ".join(facts["refused"]["small-teacher-int8"])
    assert (found.folder / "front.png").read_bytes()[:4] == b"\x89PNG"
    assert (found.folder / "front.svg").read_text(encoding="utf-8").startswith("<svg")
    recipe = Recipe.load(finished_project.runs_folder / "small-separable_unet-S" / "recipe.yaml")
    assert recipe.network.name == "separable_unet"
    norms = [
        Recipe.load(finished_project.runs_folder / f"small-width-50{end}" / "recipe.yaml").network.norm
        for end in ("", "-batch")
    ]
    assert norms == ["instance", "batch"]
    _goes_on(finished_project, asked, found)


def _goes_on(project: Project, asked: ChainSettings, found: Compressed) -> None:
    """The same request again makes nothing anew, also with other limits; with other demands it is refused."""
    files = list(project.models_folder.glob("small-*/model.onnx"))
    before = {path: (path.stat().st_mtime_ns, file_sha256(path)) for path in files}
    again = compress_run(project, "run-001", asked, name="small", max_bytes=1)
    assert again is not None
    assert {path: (path.stat().st_mtime_ns, file_sha256(path)) for path in files} == before
    assert [one.score for one in again.candidates] == [one.score for one in found.candidates]
    assert all(any("bytes" in why for why in reasons) for reasons in again.choice.refused.values())
    with pytest.raises(MedOptError, match="asked for something else"):
        plan_request(project, "run-001", asked.model_copy(update={"keep": 0.9}), name="small")
    in_torch = compress_run(project, "run-001", asked, name="small", engine="torch")
    assert in_torch is not None
    assert {path: (path.stat().st_mtime_ns, file_sha256(path)) for path in files} == before
    assert read_json(in_torch.folder / "front.json")["engine"] == "torch"
    torch_scores = [one.score for one in in_torch.candidates if one.bits == 32]
    assert torch_scores == pytest.approx([one.score for one in again.candidates if one.bits == 32], abs=0.02)


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_request_goes_on_after_kills(finished_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ASKED.model_copy(update={"widths": ()})
    packages = finished_project.models_folder

    def killed_in(step: str, call: int) -> dict[Path, int]:
        """What is there when the process ends in that call of a step."""
        whole, calls = getattr(make, step), 0

        def dying(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call:
                raise Killed
            return whole(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(make, step, dying)
            with pytest.raises(Killed):
                compress_run(finished_project, "run-001", asked, name="small")
        return {path: path.stat().st_mtime_ns for path in packages.glob("small-*/model.onnx")}

    there: dict[Path, int] = {}
    for step, call in (("score_cases", 1), ("quantize_package", 1), ("prune_run", 1), ("export_run", 1)):
        later = killed_in(step, call)
        assert {path: later[path] for path in there} == there
        there = later
    assert len(there) == 2
    found = compress_run(finished_project, "run-001", asked, name="small")
    assert found is not None
    made = {(one.branch, one.bits) for one in found.candidates}
    assert made == {(branch, bits) for branch in ("teacher", "control") for bits in (32, 8)}
    assert {path: path.stat().st_mtime_ns for path in there} == there


class Stopped:
    """Asks for the end at once."""

    def requested(self) -> bool:
        return True


def test_a_stopped_request_has_no_choice(finished_project: Project) -> None:
    assert compress_run(finished_project, "run-001", ASKED, name="small", means=Means(stop=Stopped())) is None
    assert not (finished_project.folder / "compression" / "small" / "front.json").exists()
    assert (finished_project.folder / "compression" / "small" / "plan.json").is_file()


def test_an_engine_that_is_not_there_is_told_before_anything_is_made(
    finished_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MedOptError, match=r"openvino is not installed.*pip install openvino"):
        compress_run(finished_project, "run-001", ASKED, name="small", engine="openvino")
    assert not (finished_project.folder / "compression" / "small").exists()


def test_a_branch_that_keeps_too_little_ends_and_is_told(finished_project: Project) -> None:
    told = Collector()
    asked = ASKED.model_copy(update={"keep": 1.0, "steps": 1, "removed": (0.6,), "widths": ()})
    found = compress_run(finished_project, "run-001", asked, name="small", means=Means(reporter=told))
    assert found is not None
    assert "pruned-60" in found.ended
    assert any("The branch pruned-60 ends" in str(event.get("text")) for event in told.events)
    assert not (finished_project.models_folder / "small-pruned-60-int8").exists()
    assert found.choice.taken is None
    assert found.choice.nearest is not None


def test_exports_and_quantizations_can_leave_the_test_sealed(finished_project: Project, seen: set[str]) -> None:
    split, looks = load_split(finished_project), len(list_openings(finished_project))
    package = export_run(finished_project, "run-001", name="sealed", sealed=True)
    settings = QuantizeSettings(cases=2, keep=0.1, fine_tuning=0, sealed=True)
    smaller = quantize_package(finished_project, package, settings)
    assert read_json(smaller / "metadata.json")["medopt"]["parity"]["cases"] == list(split.validation)
    assert not seen & set(split.test)
    assert len(list_openings(finished_project)) == looks


def test_the_default_tries_an_efficient_network_and_unknown_ones_are_told(finished_project: Project) -> None:
    asked = ASKED.model_copy(update={"networks": None})
    plan = plan_request(finished_project, "run-001", asked)[1]
    assert plan.branches[-1].name == "separable_unet-M"
    asked = ASKED.model_copy(update={"networks": ("vision-S", "unet")})
    plan = plan_request(finished_project, "run-001", asked)[1]
    assert set(plan.left_out) == {"vision-S", "unet"}
    assert all("FAMILY-SIZE" in why for why in plan.left_out.values())


def test_names_and_students_that_cannot_be(finished_project: Project) -> None:
    with pytest.raises(MedOptError, match="not a name"):
        plan_request(finished_project, "run-001", ASKED, name="../elsewhere")
    asked = ASKED.model_copy(update={"widths": (0.5, 0.99), "multiple": 6})  # the run has 6 and 12 maps
    folder, plan = plan_request(finished_project, None, asked)
    assert folder == Path(finished_project.folder) / "compression" / "run-001-small"
    assert set(plan.left_out) == {"width-99"}
    assert "multiples of 6" in plan.left_out["width-99"]
    assert not folder.exists()
