"""Projects of known properties get the values of the rules, complete, valid, and fit to train."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from medopt.events import Collector
from medopt.image import Boxes, ClassLabel, Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder, load_split, make_split
from medopt.training import Recipe, train
from medopt.training.advice import Advice, advise, differences
from medopt.training.advice import samples as sampling
from medopt.training.advice.defaults import leaves


def by_rule(advice: Advice) -> set[str]:
    return {reason.rule for reason in advice.reasons}


def told(advice: Advice) -> set[str]:
    return {caution.rule for caution in advice.cautions}


def check_whole(project: Project, advice: Advice, tmp_path: Path) -> None:
    """What holds of every advice: complete, valid, repeatable, within the memory, and it trains."""
    for name, _ in leaves(advice.values):
        reason = advice.reason(name)
        assert reason is not None, name
        assert reason.why.endswith("."), reason.why
    recipe = advice.recipe
    recipe.save(tmp_path / "advised.yaml")
    assert Recipe.load(tmp_path / "advised.yaml") == recipe
    assert Advice.from_json(advice.to_json()) == advice
    assert differences(advice, recipe.model_dump(mode="json")) == ()
    for reason in advice.reasons:
        assert_value(advice, reason)
    assert "caution.memory" not in told(advice)
    step = advice.reason("training.batch_size")
    assert step is not None
    assert step.figures["step_mib"] <= step.figures["budget_mib"]  # type: ignore[operator]
    if load_split_or_none(project):
        brief = recipe.training.model_copy(update={"steps": 2, "minutes": None, "validations": 1})
        name = train(project, recipe.model_copy(update={"training": brief}), run=f"run-{tmp_path.name}")
        assert (name / "checkpoints" / "last.safetensors").is_file()


def assert_value(advice: Advice, reason) -> None:
    """The value of a reason is that of the recipe, where it is one field."""
    if reason.field == "folds" or isinstance(reason.value, dict) or "techniques" in reason.field:
        return
    place = advice.values
    for part in reason.field.split("."):
        place = place[int(part)] if part.isdigit() else place[part]  # type: ignore[index,assignment]
    if reason.field == "preprocess.steps":
        place = [step["step"] for step in place][: len(reason.value)]  # type: ignore[assignment]
    assert place == reason.value, reason.field


def load_split_or_none(project: Project):
    return load_split(project) if (project.folder / "splits" / "split.json").is_file() else None


def test_ct_gets_a_window_of_its_training_structures(make_project, cases, tmp_path) -> None:
    project = make_project(cases["ct"], 8)
    advice = advise(project, steps=4)
    assert by_rule(advice) >= {"intensity.ct", "spacing.same", "augment.standard"}
    (window,) = advice.values["preprocess"]["steps"]
    low, high = (window["level"] + sign * window["width"] / 2 for sign in (-1, 1))
    values = [
        project.read_image(case).array[0][project.read_label(case).array > 0] for case in load_split(project).train
    ]
    assert low == pytest.approx(np.percentile(np.concatenate(values), 0.5), abs=7)  # rounded outwards to 5
    assert high == pytest.approx(np.percentile(np.concatenate(values), 99.5), abs=7)
    reason = advice.reason("preprocess.steps.0")
    assert reason is not None
    assert f"{low:g} to {high:g} HU" in reason.why
    check_whole(project, advice, tmp_path)


def test_mr_gets_a_zscore_and_the_patch_covers_it(make_project, cases, tmp_path) -> None:
    project = make_project(cases["mr"], 8)
    advice = advise(project, minutes=0.5)
    assert advice.values["preprocess"]["steps"][0] == {
        **advice.values["preprocess"]["steps"][0], "step": "normalize", "method": "zscore", "region": "image",
    }  # fmt: skip
    assert advice.values["training"]["patch"] == [16, 24, 24]
    assert advice.values["training"]["minutes"] == 0.5
    assert told(advice) <= {"caution.no_interval", "caution.few_steps"}
    check_whole(project, advice, tmp_path)


def test_anisotropic_slices_get_the_tenth_percentile(make_project, cases, tmp_path) -> None:
    project = make_project(cases["anisotropic"], 10)
    advice = advise(project, steps=4)
    along = [project.case(case).geometry.spacing[0] for case in load_split(project).train]
    first = advice.values["preprocess"]["steps"][0]
    assert (first["step"], first["spacing"]) == ("resample", [pytest.approx(np.percentile(along, 10)), 1.0, 1.0])
    reason = advice.reason("preprocess.steps.0.spacing")
    assert reason is not None
    assert (reason.rule, reason.figures["anisotropy"]) == ("spacing.anisotropic", np.median(along))
    strides = advice.values["network"]["strides"]
    assert strides[1] == [1, 2, 2]
    check_whole(project, advice, tmp_path)


def test_photographs_train_in_2d_on_their_common_scale(make_project, cases, tmp_path) -> None:
    project = make_project(cases["photo"], 8, channels=("red", "green", "blue"))
    advice = advise(project, steps=4)
    assert "intensity.byte" in by_rule(advice)
    assert advice.values["training"]["patch"] == [1, 48, 64]
    check_whole(project, advice, tmp_path)


def test_rare_small_lesions_are_balanced_and_weigh_more(make_project, cases, tmp_path) -> None:
    project = make_project(cases["lesion"], 15, names=("Organ", "Left lesion"))
    advice = advise(project, steps=4)
    assert by_rule(advice) >= {"balance.rare", "loss.small", "augment.flip"}
    assert advice.values["balance"]["target"] == 0.5
    assert advice.values["loss"]["name"] == "tversky_ce"
    assert "flip" not in {t["technique"] for t in advice.values["augment"]["techniques"]}
    check_whole(project, advice, tmp_path)


def test_tiny_images_have_a_recipe_that_trains(make_project, tmp_path) -> None:
    def tiny(n: int, rng: np.random.Generator):
        label = np.zeros((3, 4, 5), np.uint8)
        label[1, 1:3, 1:3] = 1
        return rng.normal(0, 1, (1, *label.shape)).astype(np.float32), label, (1.0, 1.0, 1.0)

    project = make_project(tiny, 6)
    check_whole(project, advise(project, steps=4), tmp_path)


def test_one_subject_without_a_split_is_warned_of(make_project, cases, tmp_path) -> None:
    project = make_project(cases["mr"], 3, split=False, one_subject=True)
    advice = advise(project, steps=4)
    assert told(advice) == {"caution.one_subject", "caution.no_split"}
    assert "no split yet" in advice.about
    assert "folds" not in {reason.field for reason in advice.reasons}
    check_whole(project, advice, tmp_path)


@pytest.fixture
def pictures(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Twelve grey pictures of 40 × 60 pixels, the odd ones with a bright square of 9 pixels."""
    for n in range(12):
        values = rng.integers(0, 100, (1, 1, 40, 60)).astype(np.uint8)
        if n % 2:
            values[0, 0, 10:19, 20:29] = 250
        write_image(Image(values, Geometry((1, 40, 60))), tmp_path / "pictures" / f"p{n:02d}.nrrd")
    return tmp_path / "pictures"


def pictures_project(pictures: Path, task: str, *, single: bool = False) -> Project:
    classes = [ClassInfo(value=v, name=x, color="#e69f00") for v, x in ((1, "Empty"), (2, "Square"))]
    project = Project.create(pictures.parent / "project", name="p", classes=classes, task=task)  # type: ignore[arg-type]
    import_folder(project, pictures)
    for n in range(12):
        square = bool(n % 2) and not single
        label = ClassLabel((2 if square else 1,))
        if task == "detection":
            corners = [[[-0.5, 9.5, 19.5], [0.5, 18.5, 28.5]]] if square else []
            label = Boxes.from_index(corners, [2] * len(corners), Geometry((1, 40, 60)))  # type: ignore[assignment]
        project.save_label(f"p{n:02d}", label, annotator="x")
    make_split(project, test=0.2, validation=0.2)
    return project


def test_classification_sizes_whole_images(pictures, tmp_path) -> None:
    project = pictures_project(pictures, "classification")
    advice = advise(project, steps=4)
    assert by_rule(advice) >= {"size.fit", "network.classifier", "intensity.byte", "loss.default"}
    assert advice.values["preprocess"]["steps"][-1]["step"] == "resize"
    assert advice.values["preprocess"]["steps"][-1]["shape"] == advice.values["training"]["patch"]
    assert all(a >= b for a, b in zip(advice.values["training"]["patch"], (1, 40, 60), strict=True))
    assert math.prod(advice.values["training"]["patch"]) < 48 * 96
    check_whole(project, advice, tmp_path)


def test_one_class_alone_leaves_nothing_to_tell_apart(pictures) -> None:
    advice = advise(pictures_project(pictures, "classification", single=True), steps=4)
    assert {"caution.single_class", "caution.missing_class"} <= told(advice)


def test_detection_measures_the_boxes(pictures, tmp_path) -> None:
    project = pictures_project(pictures, "detection")
    advice = advise(project, steps=4)
    reason = advice.reason("network.output_level")
    assert reason is not None
    assert reason.figures["smallest_side_voxels"] == 9
    assert advice.recipe.network.output_stride == (1, 4, 4)  # 9 pixels are 2 cells of 4, and 1 of 8
    assert "caution.missing_class" in told(advice)  # nothing is called Empty in detection
    check_whole(project, advice, tmp_path)


def test_only_training_cases_are_read_and_progress_is_told(make_project, cases, monkeypatch) -> None:
    project = make_project(cases["mr"], 12)
    read: list[str] = []
    original = Project.read_image
    monkeypatch.setattr(Project, "read_image", lambda self, case: read.append(case) or original(self, case))
    monkeypatch.setattr(sampling, "MOST_CASES", 3)
    collector = Collector()
    advise(project, steps=4, reporter=collector)
    assert len(read) == 3
    assert set(read) <= set(load_split(project).train)
    last = [event for event in collector.events if event["kind"] == "progress"][-1]
    assert (last["stage"], last["done"], last["total"]) == ("look at images", 3, 3)


def test_a_broken_image_is_a_caution_and_no_end(make_project, cases) -> None:
    project = make_project(cases["mr"], 8)
    broken = load_split(project).train[0]
    project.image_paths(broken)[0].write_bytes(b"no image")
    advice = advise(project, steps=4)
    assert "caution.unreadable" in told(advice)
    assert any(broken in caution.text for caution in advice.cautions)


def test_advice_repeats_and_times_are_measured_once(make_project, cases) -> None:
    project = make_project(cases["mr"], 8)
    first = advise(project, minutes=3)
    kept = (project.cache_folder / "advice-speed.json").read_text()
    assert advise(project, minutes=3) == first
    assert (project.cache_folder / "advice-speed.json").read_text() == kept


def test_a_range_test_of_the_project_decides_the_rate(make_project, cases) -> None:
    project = make_project(cases["mr"], 8)
    (project.cache_folder / "lr-range.json").write_text('{"suggestion": 0.02, "losses": [1.0, 0.9]}')
    assert advise(project, steps=4).values["training"]["learning_rate"] == 0.02


def test_hippocampus_gets_what_is_known_to_work(real_data: Path, tmp_path: Path) -> None:
    classes = [
        ClassInfo(value=1, name="Anterior", color="#e69f00"),
        ClassInfo(value=2, name="Posterior", color="#56b4e9"),
    ]
    project = Project.create(tmp_path / "project", name="hippocampus", classes=classes, channels=["MR"])
    source = real_data / "hippocampus"
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
        for path in sorted((source / f"{part}Tr").glob("*.nii*"))[:40]:
            (tmp_path / part / path.name).symlink_to(path)
    import_folder(project, tmp_path / "images", tmp_path / "labels")
    make_split(project)
    advice = advise(project, minutes=5)
    training, network = advice.values["training"], advice.values["network"]
    assert [step["step"] for step in advice.values["preprocess"]["steps"]] == ["normalize"]
    assert (network["name"], network["features"]) == ("unet", [16, 32, 64, 128])
    assert (training["patch"], training["batch_size"], training["learning_rate"]) == ([40, 56, 40], 2, 0.01)
    assert advice.values["loss"]["name"] == "auto"
    assert advice.values["balance"]["target"] == 0
    assert [t["axes"] for t in advice.values["augment"]["techniques"] if t["technique"] == "flip"] == [["i"]]
