"""The common head on a real project."""

import json

import pytest

from medopt import MedOptError
from MedOptCoreLib import hardware, settings_store
from MedOptCoreLib.packages import PackageGroup
from MedOptCoreLib.project_head import RECENT_KEPT, ProjectHead
from MedOptCoreLib.settings_store import MemoryStore


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setattr(hardware, "gpuNames", lambda: ())


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def head(library, store):
    return ProjectHead(library, store, installer=None)


def test_the_line_of_state_counts_what_the_project_holds(head, project):
    head.open(project.folder)
    project.set_flag("case-3", "moved")
    line = head.stateLine()
    for part in ("4 cases", "2 labelled", "0 proposals", "0 runs", "1 flagged", "worker idle", "no CUDA device found"):
        assert part in line


def test_a_created_project_has_the_structures_in_order_and_is_remembered(head, store, tmp_path):
    shown = []
    head.projectChanged.connect(shown.append)
    head.create(tmp_path / "new", "Trial", " Liver, Tumour ,", "T1, T2")
    assert [(c.value, c.name) for c in head.project.settings.classes] == [(1, "Liver"), (2, "Tumour")]
    assert head.project.settings.channels == ["T1", "T2"]
    assert shown == [head.project]
    assert head.recent() == [head.path]
    assert store.values[settings_store.CURRENT_PROJECT] == head.path


def test_wrong_fields_are_told_and_make_no_project(head, tmp_path):
    with pytest.raises(MedOptError, match="no structures"):
        head.create(tmp_path / "new", "", " , ")
    with pytest.raises(MedOptError, match=r"a name is given twice.*Liver"):
        head.create(tmp_path / "new", "", "Liver, Liver")
    with pytest.raises(MedOptError, match="no folder is chosen"):
        head.create("  ", "", "Liver")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_no_project_leaves_the_open_one(head, project, tmp_path):
    head.open(project.folder)
    with pytest.raises(MedOptError, match="project"):
        head.open(tmp_path)
    assert head.path == str(project.folder)


def test_another_panel_shows_the_project_that_was_opened_last(library, store, project):
    first, second = (ProjectHead(library, store, None) for _ in range(2))
    first.open(project.folder)
    second.enter()
    assert second.path == first.path
    again = second.project
    second.enter()
    assert second.project is again


def test_a_project_that_is_gone_is_forgotten(head, store, tmp_path):
    store.values[settings_store.CURRENT_PROJECT] = str(tmp_path / "gone")
    head.enter()
    assert head.project is None
    assert store.values[settings_store.CURRENT_PROJECT] == ""
    assert "no project is open" in head.stateLine()


def test_recent_projects_are_the_existing_ones_latest_first(head, store, tmp_path):
    folders = []
    for number in range(RECENT_KEPT + 2):
        head.create(tmp_path / f"p{number}", "", "Liver")
        folders.append(head.path)
    assert head.recent() == folders[::-1][:RECENT_KEPT]
    store.values[settings_store.RECENT_PROJECTS] = json.dumps([str(tmp_path / "gone"), folders[0], 3])
    assert head.recent() == [folders[0]]
    store.values[settings_store.RECENT_PROJECTS] = "no json"
    assert head.recent() == []


def test_missing_packages_close_the_buttons_and_name_the_cure(library, store, project, tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("no-such-package-of-anyone>=1\n")

    class Installer:
        def install(self, requirements, requester):
            file.write_text("")

    group = PackageGroup("open projects", "about 1 MB", file)
    store.values[settings_store.CURRENT_PROJECT] = str(project.folder)
    head = ProjectHead(library, store, Installer(), (group,))
    head.enter()
    assert head.project is None
    buttons = head.buttons()
    assert "Install the missing packages" in buttons["openButton"].toolTip
    assert not buttons["openButton"].enabled
    assert buttons["installButton"].next
    assert "no-such-package-of-anyone" in head.installText()
    head.install()
    assert head.installText() == ""
    assert head.path == str(project.folder)


def test_the_worker_text_is_shown_when_it_changes(head):
    shown = []
    head.changed.connect(lambda: shown.append(head.workerText))
    head.setWorkerText("worker: train 10 %")
    head.setWorkerText("worker: train 10 %")
    assert shown == ["worker: train 10 %"]


def test_without_the_workers_packages_projects_open_all_the_same(library, store, project, tmp_path):
    light, worker = tmp_path / "light.txt", tmp_path / "worker.txt"
    light.write_text("packaging\n")
    worker.write_text("no-such-package-of-anyone>=1\n")
    groups = (PackageGroup("label", "1 MB", light), PackageGroup("train", "1 GB", worker))
    store.values[settings_store.CURRENT_PROJECT] = str(project.folder)
    head = ProjectHead(library, store, None, groups)
    head.enter()
    assert head.path == str(project.folder)
    assert head.buttons()["openButton"].enabled
    assert "no-such-package-of-anyone" in head.installText()
