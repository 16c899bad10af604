"""Which scale the intensities get: by modality where the header tells it, else by the values themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medopt.preprocess import PRESETS, AnyStep, Normalize, Window
from medopt.training.advice.records import Figure, Reason
from medopt.training.advice.samples import ChannelSample, Samples

Kind = Literal["ct", "byte", "xray", "scaled"]
"""CT in HU; pictures of 8 bit; radiographs of more; anything whose scale has no unit, such as MR."""

AIR = (-1100.0, -850.0)
"""HU within which air lies, with the noise of a scan around it."""
AIR_SHARE = 0.01
"""Share of voxels of air from which whole numbers are taken for HU."""
DENSE = 100.0
"""HU that some voxels of a CT exceed."""
LOWEST_HU = -4096.0
"""Below it nothing is a CT: scanners pad by -1024 to -3024."""
PERCENTILES = (0.5, 99.5)
"""Ends of windows in %, as in nnU-Net."""
ABOVE_AIR = -900.0
"""HU from which voxels without outlined structures count."""
NEAR = 0.7
"""A preset is near when it and the percentiles share so much of the range that both cover."""
ROUND_TO = 5.0
"""Ends of windows are rounded outwards to multiples of so many HU."""
BLANKED = 0.25
"""Share of voxels that are exactly 0 from which the background was blanked (nnU-Net crops from a quarter on)."""
RADIOGRAPHS = frozenset({"CR", "DX", "MG", "XA", "RF", "PX", "IO", "DG"})
"""DICOM's modalities of X-ray projections."""
BRIGHT = 90
"""Percentile of a picture, in %, that stands for its scale: beyond it lies what a picture shows, not how it was lit."""
SCALE_DIFFERS = 1.5
"""Grey pictures of 8 bit whose bright percentiles differ by this factor have no common scale."""


@dataclass(frozen=True)
class ChosenIntensities:
    """The steps for all channels, each with its reason; the fields count from the place ``first`` in the recipe."""

    steps: tuple[AnyStep, ...]
    reasons: tuple[Reason, ...]


def choose_intensities(
    samples: Samples, channels: Sequence[str], modality: str, *, flat: bool, first: int
) -> ChosenIntensities:
    """The intensity steps of a recipe.

    ``modality`` is what the headers say, such as "CT", or ""; ``flat`` whether the images are single slices; ``first``
    the place of the first step in the recipe. Channels of one treatment share a step. Without any sample the default
    for images without a unit.
    """
    chosen = [_channel(samples.channel(n), modality, flat, len(channels)) for n in range(len(channels))]
    groups: list[tuple[AnyStep, list[int], Reason]] = []
    for number, (step, reason) in enumerate(chosen):
        for kept, members, _ in groups:
            if kept == step:
                members.append(number)
                break
        else:
            groups.append((step, [number], reason))
    steps, reasons = [], []
    for place, (step, members, reason) in enumerate(groups, first):
        some = None if len(members) == len(channels) else tuple(members)
        step = step.model_copy(update={"channels": some})
        named = "" if some is None else f"Channel {', '.join(channels[m] for m in members)}: "
        why = named + reason.why
        steps.append(step)
        value = step.model_dump(mode="json", exclude_defaults=True) | {"step": step.step}
        figures = {**reason.figures, **_cut_off(step, samples, members)}
        reasons.append(Reason(f"preprocess.steps.{place}", value, why, figures, reason.rule))
    return ChosenIntensities(tuple(steps), tuple(reasons))


def kind_of(samples: Sequence[ChannelSample], modality: str, flat: bool) -> Kind:
    """What kind of scale one channel has; by the values when ``modality`` is ""."""
    if modality == "CT" or (not modality and samples and all(_like_ct(one) for one in samples)):
        return "ct"
    if samples and all(one.byte for one in samples) and flat and modality != "MR":
        return "byte"
    if modality in RADIOGRAPHS:
        return "xray"
    return "scaled"


def _like_ct(one: ChannelSample) -> bool:
    values = one.values
    air = float(np.mean((values >= AIR[0]) & (values <= AIR[1])))
    return one.whole and values.min() >= LOWEST_HU and values.max() > DENSE and air >= AIR_SHARE


def _channel(samples: Sequence[ChannelSample], modality: str, flat: bool, channels: int) -> tuple[AnyStep, Reason]:
    kind = kind_of(samples, modality, flat)
    figures: dict[str, Figure] = {"cases": len(samples), "modality": modality or "not told"}
    if samples:
        figures["lowest"] = round(float(min(one.values.min() for one in samples)), 3)
        figures["highest"] = round(float(max(one.values.max() for one in samples)), 3)
    if kind == "ct":
        return _ct(samples, figures, by_header=modality == "CT")
    if kind == "byte":
        return _byte(samples, figures, channels)
    if kind == "xray":
        why = f"Radiographs ({modality}) of more than 8 bit: each is taken to 0…1 by its percentiles 0.5 and 99.5."
        return Normalize(method="0..1"), _reason(why, figures, "intensity.xray")
    return _scaled(samples, figures, modality)


def _ct(samples: Sequence[ChannelSample], figures: dict[str, Figure], *, by_header: bool) -> tuple[AnyStep, Reason]:
    how = "the header says so" if by_header else "whole numbers with air near -1000"
    outlined = [one.structures for one in samples if one.structures.size]
    if outlined:
        pool = _evenly_weighed(outlined)
        what, rule = "the labelled voxels of the training cases", "intensity.ct"
    else:
        pool = _evenly_weighed([one.values[one.values > ABOVE_AIR] for one in samples])
        what, rule = f"what is denser than air (above {ABOVE_AIR:g} HU)", "intensity.ct_body"
    if not pool.size:
        pool = np.array([-1000.0, 1000.0], np.float32)
    low, high = (float(v) for v in np.percentile(pool, PERCENTILES))
    figures.update(percentile_0_5_hu=round(low, 1), percentile_99_5_hu=round(high, 1))
    low, high = ROUND_TO * np.floor(low / ROUND_TO), ROUND_TO * np.ceil(high / ROUND_TO)
    if high - low < ROUND_TO:
        high = low + ROUND_TO
    name, share = nearest_preset(low, high)
    if share >= NEAR:
        level, width = PRESETS[name]
        figures.update(preset=name, shared=round(share, 2))
        why = f"CT ({how}): the {name.replace('_', ' ')} window shares {100 * share:.0f} % of its range with {what}."
        return Window(level=level, width=width), _reason(why, figures, "intensity.ct_preset")
    why = f"CT ({how}): {low:g} to {high:g} HU hold 99 % of {what}."
    return Window(level=float((low + high) / 2), width=float(high - low)), _reason(why, figures, rule)


def nearest_preset(low: float, high: float) -> tuple[str, float]:
    """The window preset that shares most with the range from ``low`` to ``high`` HU, and the share: what both cover
    of what either covers, 0 to 1.
    """

    def shared(name: str) -> float:
        level, width = PRESETS[name]
        start, end = level - width / 2, level + width / 2
        both = min(high, end) - max(low, start)
        return max(0.0, both) / (max(high, end) - min(low, start))

    best = max(PRESETS, key=shared)
    return best, shared(best)


def _byte(samples: Sequence[ChannelSample], figures: dict[str, Figure], channels: int) -> tuple[AnyStep, Reason]:
    bright = [float(np.percentile(one.values, BRIGHT)) for one in samples if not one.constant]
    factor = max(bright) / max(min(bright), 1.0) if bright else 1.0
    figures["brightness_differs_by_factor"] = round(factor, 2)
    if channels == 1 and factor > SCALE_DIFFERS:
        why = f"The brightness of these pictures differs by a factor of {factor:.1f}: each gets mean 0 and deviation 1."
        return Normalize(), _reason(why, figures, "intensity.zscore")
    why = "Pictures of 8 bit: 0…255 becomes 0…1, the same for all, and nothing is cut off."
    return Window(level=127.5, width=255.0), _reason(why, figures, "intensity.byte")


def _scaled(samples: Sequence[ChannelSample], figures: dict[str, Figure], modality: str) -> tuple[AnyStep, Reason]:
    zeros = float(np.median([one.zeros for one in samples])) if samples else 0.0
    figures["zeros"] = round(zeros, 4)
    what = f"Intensities of {modality} have no unit" if modality else "These intensities have no unit that is known"
    why = f"{what}: each image gets mean 0 and standard deviation 1, held between its percentiles 0.5 and 99.5"
    if zeros >= BLANKED:
        why = f"{why}; {100 * zeros:.0f} % of the voxels are exactly 0, so only the others give mean and deviation."
        return Normalize(region="non_zero"), _reason(why, figures, "intensity.zscore_nonzero")
    return Normalize(), _reason(f"{why}.", figures, "intensity.zscore")


def _reason(why: str, figures: dict[str, Figure], rule: str) -> Reason:
    return Reason("preprocess.steps", None, why, figures, rule)


def _evenly_weighed(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The values of all cases, as many of each, so that every case weighs the same."""
    filled = [part for part in parts if part.size]
    if not filled:
        return np.zeros(0, np.float32)
    count = max(part.size for part in filled)
    return np.concatenate([np.sort(p)[(np.arange(count) * p.size) // count] for p in filled])


def _cut_off(step: AnyStep, samples: Samples, channels: Sequence[int]) -> dict[str, Figure]:
    """Mean share of the sampled voxels that count, and of those of structures, that the step cuts off."""
    everywhere, structures = [], []
    for number in channels:
        for one in samples.channel(number):
            values = _counted(step, one.values)
            low, high = _limits(step, values)
            everywhere.append(float(np.mean((values < low) | (values > high))))
            if one.structures.size:
                structures.append(float(np.mean((one.structures < low) | (one.structures > high))))
    found: dict[str, Figure] = {}
    if everywhere:
        found["cut_off"] = round(float(np.mean(everywhere)), 4)
    if structures:
        found["cut_off_of_structures"] = round(float(np.mean(structures)), 4)
    return found


def _counted(step: AnyStep, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Those that give the statistics of the step."""
    blanked = isinstance(step, Normalize) and step.region == "non_zero" and np.any(values)
    return values[values != 0] if blanked else values


def _limits(step: AnyStep, values: NDArray[np.float32]) -> tuple[float, float]:
    if isinstance(step, Window) and step.level is not None and step.width is not None:
        return step.level - step.width / 2, step.level + step.width / 2
    if isinstance(step, Normalize) and step.clip is not None:
        low, high = np.percentile(values, step.clip)
        return float(low), float(high)
    return -np.inf, np.inf
