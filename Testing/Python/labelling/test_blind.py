"""Which cases are blind: drawn once and for all, at the stated share."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.labelling.blind import BlindSettings, blind_path, is_blind, load_blind, save_blind
from medopt.project import Project

NAMES = [f"case-{n:05d}" for n in range(4000)]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_share_is_met(share: float) -> None:
    found = sum(BlindSettings(share=share).is_blind(name) for name in NAMES) / len(NAMES)
    assert abs(found - share) < 4 * (share * (1 - share) / len(NAMES)) ** 0.5


def test_a_larger_share_adds_cases_and_takes_none_back() -> None:
    few, many = ({n for n in NAMES if BlindSettings(share=share).is_blind(n)} for share in (0.05, 0.2))
    assert few < many


def test_another_seed_draws_others() -> None:
    one, two = ({n for n in NAMES if BlindSettings(share=0.2, seed=seed).is_blind(n)} for seed in (1, 2))
    assert len(one & two) < 0.3 * len(one)


def test_catches_are_off_at_first_and_never_blind() -> None:
    assert not any(BlindSettings().is_catch(name) for name in NAMES)
    settings = BlindSettings(share=0.5, catch=0.2)
    caught = {name for name in NAMES if settings.is_catch(name)}
    assert 0.07 < len(caught) / len(NAMES) < 0.13  # a fifth of the half that is not blind
    assert not any(settings.is_blind(name) for name in caught)


def test_no_share_at_all_makes_no_case_blind() -> None:
    assert not any(BlindSettings(share=0).is_blind(name) for name in NAMES)


def test_settings_are_kept_in_the_project_and_a_wrong_field_is_named(small_project: Project) -> None:
    assert load_blind(small_project) == BlindSettings()
    save_blind(small_project, BlindSettings(share=0.5, seed=3))
    assert load_blind(small_project).share == 0.5
    names = [case.id for case in small_project.cases()]
    assert [is_blind(small_project, n) for n in names] == [BlindSettings(share=0.5, seed=3).is_blind(n) for n in names]
    blind_path(small_project).write_text("shares: 0.1\n", encoding="utf-8")
    with pytest.raises(MedOptError, match=r"unknown field 'shares'.*did you mean 'share'"):
        load_blind(small_project)
