"""Intensities of known kinds get the scale of their kind, and the figures are those of the values."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.preprocess import Normalize, Window
from medopt.training.advice.intensities import choose_intensities, kind_of, nearest_preset
from medopt.training.advice.samples import CaseSample, ChannelSample, Samples


def channel(values: np.ndarray, structures: np.ndarray | None = None) -> ChannelSample:
    inside = values[:0] if structures is None else structures
    whole = bool(np.all(values == np.rint(values)))
    return ChannelSample(values.astype(np.float32), inside.astype(np.float32), whole, values.dtype == np.uint8)


def samples(*cases: list[ChannelSample]) -> Samples:
    made = [CaseSample(f"c{n}", tuple(one), {}, 100, np.zeros((0, 3)), False) for n, one in enumerate(cases)]
    return Samples(tuple(made), {})


def ct(rng: np.random.Generator, organ: tuple[float, float] = (100, 20)) -> ChannelSample:
    values = np.concatenate([rng.normal(-1000, 15, 3000), rng.normal(40, 20, 6000), rng.normal(900, 100, 200)])
    return channel(np.rint(values).astype(np.int16), np.rint(rng.normal(*organ, 2000)).astype(np.int16))


def choose(given: Samples, modality: str = "", *, flat: bool = False, names: tuple[str, ...] = ("image",)):
    return choose_intensities(given, names, modality, flat=flat, first=1)


def test_ct_is_known_by_air_and_whole_numbers(rng: np.random.Generator) -> None:
    one = ct(rng)
    assert kind_of([one], "", False) == "ct"
    shifted = channel(one.values + 1024)  # not in HU
    assert kind_of([shifted], "", False) == "scaled"
    assert kind_of([channel(one.values + 0.25)], "", False) == "scaled"
    assert kind_of([one, shifted], "", False) == "scaled"  # every case must look so
    assert kind_of([shifted], "CT", False) == "ct"
    assert kind_of([one], "MR", False) == "scaled"


def test_the_window_of_ct_holds_the_structures_of_all_cases_alike(rng: np.random.Generator) -> None:
    many = channel(ct(rng).values, rng.normal(300, 10, 20000))
    few = channel(ct(rng).values, rng.normal(-300, 10, 2000))
    step = choose(samples([many], [few])).steps[0]
    assert isinstance(step, Window)
    low, high = step.level - step.width / 2, step.level + step.width / 2
    assert low == pytest.approx(-325, abs=6)  # 0.5 % of all is 1 % of one half: 2.33 deviations, and rounding
    assert high == pytest.approx(325, abs=6)
    chosen = choose(samples([many], [few]))
    assert chosen.reasons[0].rule == "intensity.ct"
    assert chosen.reasons[0].figures["percentile_99_5_hu"] == pytest.approx(323, abs=3)
    assert chosen.reasons[0].field == "preprocess.steps.1"
    assert "whole numbers with air near -1000" in chosen.reasons[0].why


def test_a_near_window_of_radiologists_is_taken(rng: np.random.Generator) -> None:
    structures = rng.uniform(-155, 235, 4000)  # the abdomen window shows -160 to 240
    chosen = choose(samples([channel(ct(rng).values, structures)]), "CT")
    assert (chosen.steps[0].level, chosen.steps[0].width) == (40, 400)
    assert chosen.reasons[0].figures["preset"] == "abdomen"
    assert "the header says so" in chosen.reasons[0].why


def test_presets_are_compared_by_what_both_cover_of_what_either_covers() -> None:
    assert nearest_preset(-1350, 150) == ("lung", 1.0)
    assert nearest_preset(-160, 40) == ("abdomen", 0.5)
    assert nearest_preset(3000, 4000)[1] == 0.0


def test_ct_without_structures_is_windowed_to_the_body(rng: np.random.Generator) -> None:
    values = np.concatenate([np.full(50_000, -1000), rng.normal(40, 20, 6000), rng.normal(900, 100, 200)])
    chosen = choose(samples([channel(np.rint(values).astype(np.int16))]), flat=True)
    body = values[values > -900]
    assert chosen.reasons[0].rule == "intensity.ct_body"
    assert chosen.steps[0].level + chosen.steps[0].width / 2 == pytest.approx(np.percentile(body, 99.5), abs=6)


def test_the_share_that_is_cut_off_is_told(rng: np.random.Generator) -> None:
    one = ct(rng)
    chosen = choose(samples([one]))
    low, high = (chosen.steps[0].level + sign * chosen.steps[0].width / 2 for sign in (-1, 1))
    share = np.mean((one.values < low) | (one.values > high))
    assert chosen.reasons[0].figures["cut_off"] == pytest.approx(share, abs=1e-4)
    assert 0 < chosen.reasons[0].figures["cut_off_of_structures"] < 0.012


def test_photographs_keep_their_common_scale(rng: np.random.Generator) -> None:
    picture = [channel(rng.integers(0, n, 5000).astype(np.uint8)) for n in (256, 200, 90)]
    chosen = choose(samples(picture, picture), flat=True, names=("r", "g", "b"))
    assert chosen.steps == (Window(level=127.5, width=255.0),)
    assert chosen.steps[0].channels is None
    assert chosen.reasons[0].rule == "intensity.byte"
    assert chosen.reasons[0].figures["cut_off"] == 0


def test_grey_pictures_without_a_common_scale_are_normalized(rng: np.random.Generator) -> None:
    bright, dim = (channel(rng.integers(0, n, 5000).astype(np.uint8)) for n in (256, 100))
    assert choose(samples([bright], [bright]), flat=True).reasons[0].rule == "intensity.byte"
    chosen = choose(samples([bright], [dim]), flat=True)
    assert (chosen.steps, chosen.reasons[0].rule) == ((Normalize(),), "intensity.zscore")
    assert chosen.reasons[0].figures["brightness_differs_by_factor"] == pytest.approx(255 / 99, abs=0.1)


def test_volumes_of_8_bit_have_no_unit(rng: np.random.Generator) -> None:
    assert kind_of([channel(rng.integers(0, 256, 5000).astype(np.uint8))], "", False) == "scaled"


def test_radiographs_of_more_than_8_bit(rng: np.random.Generator) -> None:
    chosen = choose(samples([channel(rng.integers(0, 4096, 5000).astype(np.uint16))]), "DX", flat=True)
    assert chosen.steps == (Normalize(method="0..1"),)
    assert chosen.reasons[0].rule == "intensity.xray"


def test_mr_is_normalized_and_blanked_backgrounds_do_not_count(rng: np.random.Generator) -> None:
    head = rng.normal(500, 80, 10_000)
    blanked = np.where(rng.random(10_000) < 0.4, 0.0, head)
    assert choose(samples([channel(head)]), "MR").steps == (Normalize(),)
    chosen = choose(samples([channel(blanked)]), "MR")
    assert chosen.steps == (Normalize(region="non_zero"),)
    assert chosen.reasons[0].rule == "intensity.zscore_nonzero"
    assert chosen.reasons[0].figures["zeros"] == pytest.approx(np.mean(blanked == 0), abs=1e-4)
    assert chosen.reasons[0].figures["cut_off"] == pytest.approx(0.01, abs=0.001)


def test_channels_of_two_kinds_get_a_step_each(rng: np.random.Generator) -> None:
    both = [ct(rng), channel(rng.gamma(2.0, 3.0, 5000))]
    chosen = choose(samples(both, both), names=("ct", "pet"))
    assert [step.channels for step in chosen.steps] == [(0,), (1,)]
    assert [reason.field for reason in chosen.reasons] == ["preprocess.steps.1", "preprocess.steps.2"]
    assert chosen.reasons[1].why.startswith("Channel pet: ")


def test_nothing_seen_gives_the_default() -> None:
    assert choose(Samples((), {})).steps == (Normalize(),)
