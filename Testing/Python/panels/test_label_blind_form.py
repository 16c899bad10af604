"""Shares of blind cases and catch trials in the panel."""

import pytest
from MedOptLabelLib.blind_form import BlindForm

from medopt import MedOptError
from medopt.labelling.blind import BlindSettings, blind_path, load_blind, save_blind


def test_the_librarys_defaults_are_shown_and_nothing_is_written(project):
    form = BlindForm()
    assert not form.enabled
    form.setProject(project)
    default = BlindSettings()
    assert (form.blind, form.catch) == (100 * default.share, 100 * default.catch)
    form.set(form.blind, form.catch)
    assert not blind_path(project).exists()


def test_shares_are_kept_and_the_seed_stays(project):
    save_blind(project, BlindSettings(seed=7))
    form = BlindForm()
    form.setProject(project)
    form.set(12.5, 3.0)
    assert load_blind(project) == BlindSettings(share=0.125, catch=0.03, seed=7)
    assert (form.blind, form.catch) == (12.5, 3.0)


def test_leaving_a_field_as_it_is_writes_nothing(project):
    save_blind(project, BlindSettings(share=0.07, catch=0.03))
    before = blind_path(project).stat().st_mtime_ns
    form = BlindForm()
    form.setProject(project)
    form.set(7.0, 3.0)
    assert blind_path(project).stat().st_mtime_ns == before


def test_what_another_annotator_changed_is_not_undone(project):
    form = BlindForm()
    form.setProject(project)
    save_blind(project, BlindSettings(seed=9))
    form.set(10.0, 0.0)
    assert load_blind(project).seed == 9


def test_too_large_a_share_is_refused_and_the_old_one_shown(project):
    form = BlindForm()
    form.setProject(project)
    told = []
    form.changed.connect(lambda: told.append(form.blind))
    with pytest.raises(MedOptError, match="share"):
        form.set(80.0, 0.0)
    assert told[-1] == 5.0
    assert not blind_path(project).exists()


def test_a_damaged_file_is_told(project):
    blind_path(project).parent.mkdir(exist_ok=True)
    blind_path(project).write_text("share: much\n")
    form = BlindForm()
    form.setProject(project)
    assert not form.enabled
    assert "share" in form.problem
    form.set(10.0, 0.0)
    assert blind_path(project).read_text() == "share: much\n"
