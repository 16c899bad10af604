"""Which cases previews may show, and the scale of a few training cases."""

import numpy as np
import pytest
from MedOptTrainLib.preview_case import PreviewCase, thinned

from medopt import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.io import write_image, write_label_map
from medopt.preprocess import Normalize, PreprocessSettings, fit_cohort
from medopt.project import import_folder, make_split
from medopt.scene import show_case, show_in_slices


@pytest.fixture
def case(mrml, project):
    made = PreviewCase(mrml)
    made.setProject(project)
    return made


@pytest.fixture
def split(project, tmp_path):
    """Ten labelled subjects, two of them sealed."""
    from standins.material import blob, picture

    for number in range(10, 18):
        write_image(picture(number), tmp_path / "more" / f"more-{number}.nrrd")
        write_label_map(blob((1, 2), number), tmp_path / "more-labels" / f"more-{number}.nrrd")
    import_folder(project, tmp_path / "more", tmp_path / "more-labels")
    return make_split(project, test=0.2, validation=0.2)


def test_without_a_project_there_is_no_case(mrml):
    case = PreviewCase(mrml)
    assert (case.offered(), case.caseId, case.geometry) == ([], None, None)
    with pytest.raises(MedOptError, match="no case to preview"):
        case.read()


def test_cases_of_test_subjects_are_never_offered(case, split, project):
    assert split.test
    offered = case.offered()
    assert not set(offered) & set(split.test)
    assert set(offered) == {c.id for c in project.cases()} - set(split.test)
    assert offered[: len(split.train)] == sorted(split.train), "training cases come first"
    case.choose(split.test[0])
    assert case.caseId != split.test[0]


def test_the_case_in_view_is_the_first_choice_unless_it_is_sealed(headless, views, case, project, split):
    for caseId in ("case-3", split.test[0]):
        shown = show_case(headless.scene, project.read_image(caseId), project.settings.classes, caseId)
        show_in_slices(headless.application, headless.scene.GetNodeByID(shown.volumes[0]))
        assert case.caseId == ("case-3" if caseId == "case-3" else case.offered()[0])
    case.choose("case-1")
    assert case.caseId == "case-1"


def test_a_case_is_read_once(case, project, monkeypatch):
    reads = []
    read = type(project).read_image
    monkeypatch.setattr(type(project), "read_image", lambda self, name: reads.append(name) or read(self, name))
    case.choose("case-0")
    assert case.known is None
    name, image, label = case.read()
    assert (name, label is not None) == ("case-0", True)
    assert case.read()[1] is image
    assert case.known is image
    case.choose("case-3")
    assert case.read()[2] is None, "it has no label"
    assert reads == ["case-0", "case-3"]


def test_a_chosen_case_that_is_gone_is_no_choice_any_more(case, project, monkeypatch):
    case.choose("case-3")
    left = [c for c in project.cases() if c.id != "case-3"]
    assert case.caseId == "case-3"
    told = []
    case.changed.connect(lambda: told.append(1))
    monkeypatch.setattr(project, "cases", lambda: left)
    case.refresh()
    case.refresh()
    assert told == [1], "only a change is told"
    assert case.caseId == "case-0"


def test_the_scale_of_the_cohort_comes_from_training_cases_that_are_named(case, project, split):
    settings = PreprocessSettings(steps=(Normalize(statistics="cohort"),))
    fitted = case.fitted(settings)
    assert set(case.cohortCases) <= set(split.train)
    assert 0 < len(case.cohortCases) <= 5
    names = case.cohortCases
    expected = fit_cohort(settings, [lambda n=n: (project.read_image(n), project.read_label(n)) for n in names])
    assert fitted == expected, "small cases are looked at whole"
    plain = PreprocessSettings()
    assert case.fitted(plain) is plain
    assert case.cohortCases == ()


def test_thinning_keeps_places_in_the_patient(rng):
    grid = Geometry((20, 30, 40), (2.0, 1.0, 0.5), (5.0, 6.0, 7.0))
    image = Image(rng.normal(size=(2, *grid.shape)).astype(np.float32), grid)
    label = LabelMap(rng.integers(0, 2, grid.shape).astype(np.uint8), grid)
    few, few_label = thinned(image, label, 3000)
    assert few.array[0].size <= 3000
    index = np.array([1, 2, 3])
    point = grid.lps_to_index(few.geometry.index_to_lps(index)).round().astype(int)
    assert few.array[(1, *index)] == image.array[(1, *point)]
    assert few_label.array[tuple(index)] == label.array[tuple(point)]
    assert thinned(image, None, 1 << 30)[0] is image


def test_a_label_that_was_made_meanwhile_is_read(case, project):
    from standins.material import blob

    case.choose("case-3")
    image = case.read()[1]
    case.refresh()
    assert case.read()[1] is image, "nothing has changed"
    project.save_label("case-3", blob((1,)), annotator="me")
    case.refresh()
    np.testing.assert_array_equal(case.read()[2].array, blob((1,)).array)


def test_with_a_split_that_cannot_be_read_nothing_is_offered(case, split, project):
    from medopt.project.splitting import split_path

    split_path(project).write_text("{}")
    case.refresh()
    assert case.offered() == []
    assert case.training() == []
    assert "split.json" in case.problem or "split" in case.problem
    with pytest.raises(MedOptError, match="no case to preview"):
        case.read()
