"""The learning rate, the length of the training, and how often it is judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.training.advice.plan import Plan
from medopt.training.advice.records import Figure, Reason

RATES = {"muon": 1e-2, "adamw": 3e-3}
"""Highest learning rates; on the hippocampus data Muon at 3e-3 to 2e-2 gives the same Dice within 0.2 points."""
NAMES = {"muon": "Muon", "adamw": "AdamW"}
BALANCING_SHARE = 0.3
"""Muon's products may be so large a part of a step's multiply-adds."""
SOUND_RATES = (1e-5, 1e-1)
"""Rates of a range test outside of these are not taken over."""
RANGE_TEST = "lr-range.json"
"""Where ``medopt lr-range`` keeps its curve, in the project's cache."""
VALIDATIONS = 8
"""Looks at the validation cases."""
SHARE_OF_TIME = 0.2
"""They take at most so much of the training time."""
FORWARD_SHARE = 1 / 3
"""A forward pass of a step's time; the backward pass takes twice as long."""


def choose_optimiser(balancing: int, plan: Plan) -> tuple[Literal["muon", "adamw"], Reason]:
    """Muon, unless its ``balancing`` multiply-adds a step weigh too much beside those of the network."""
    share = balancing / (3 * plan.cost.multiply_adds * plan.batch_size)
    figures: dict[str, Figure] = {"share_of_step": round(share, 3)}
    field = "training.optimiser"
    if share <= BALANCING_SHARE:
        why = f"Muon needs fewer steps than AdamW, and its own work is {100 * share:.0f} % of a step's."
        return "muon", Reason(field, "muon", why, figures, "optimiser.muon")
    why = f"AdamW, as the work of Muon would be {100 * share:.0f} % of a step's: many weights, small images."
    return "adamw", Reason(field, "adamw", why, figures, "optimiser.adamw")


def choose_rate(cache: Path, optimiser: str) -> tuple[float, Reason]:
    """The highest learning rate: what a range test with ``optimiser`` in the folder ``cache`` suggests, if any."""
    field = "training.learning_rate"
    found = _range_test(cache / RANGE_TEST)
    if found is not None and found.get("optimiser", optimiser) != optimiser:
        found = None  # each optimiser has rates of its own
    rate = None if found is None else found.get("suggestion")
    if isinstance(rate, (int, float)) and SOUND_RATES[0] <= rate <= SOUND_RATES[1]:
        steps = len(found.get("losses", ())) if found else 0
        why = f"The learning-rate range test of this project suggests {rate:g} (cache/{RANGE_TEST})."
        return float(rate), Reason(field, float(rate), why, {"steps_of_the_test": steps}, "rate.range_test")
    rate = RATES[optimiser]
    why = f"{NAMES[optimiser]} at {rate:g} trains these networks well; `medopt lr-range` measures it for this project."
    return rate, Reason(field, rate, why, {}, "rate.default")


def _range_test(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found = read_json(path)
    except MedOptError:
        return None
    return found if isinstance(found, dict) else None


def choose_length(plan: Plan, cases: int, *, minutes: float | None, steps: int | None) -> list[Reason]:
    """Reasons of training.minutes and training.steps, with the steps and epochs that are expected."""
    figures: dict[str, Figure] = {"cases": cases}
    expected = steps if steps is not None else plan.steps_in(minutes)
    if plan.seconds is not None:
        figures["seconds_a_step"] = float(f"{plan.seconds:.3g}")
    told = ""
    if expected is not None:
        epochs = expected * plan.batch_size / cases
        figures.update(steps=expected, epochs=round(epochs, 1))
        told = f"about {_rounded(expected)} steps of {plan.batch_size} patches, {epochs:.1f} times each case"
    if steps is not None:
        why = f"As asked: {told.removeprefix('about ')}."
        return [
            Reason("training.steps", steps, why, figures, "time.steps"),
            Reason("training.minutes", None, "The training counts steps.", {}, "time.steps"),
        ]
    why = f"The learning rate falls to zero at this minute; {told}." if told else "The training ends by the clock."
    return [
        Reason("training.steps", None, "The training ends by the clock.", {}, "time.minutes"),
        Reason("training.minutes", minutes, why, figures, "time.minutes"),
    ]


def choose_validations(
    plan: Plan, shape: Sequence[int], cases: int, overlap: float, minutes: float | None
) -> tuple[int, Reason]:
    """How often ``cases`` validation cases of median ``shape`` are looked at."""
    field = "training.validations"
    figures: dict[str, Figure] = {"validation_cases": cases}
    if plan.seconds is None or minutes is None or not cases:
        return VALIDATIONS, Reason(
            field, VALIDATIONS, "Evenly over the training, the end included.", figures, "validations.eight"
        )
    windows = math.prod(_windows(n, p, overlap) for n, p in zip(shape, plan.patch, strict=True))
    seconds = cases * windows * plan.seconds * FORWARD_SHARE / plan.batch_size
    share = VALIDATIONS * seconds / (60 * minutes)
    figures.update(windows_a_case=windows, seconds_each=round(seconds, 2), share_of_time=round(share, 3))
    if share <= SHARE_OF_TIME:
        why = f"Evenly over the training; each takes about {seconds:.2g} s, {100 * share:.0f} % of the time in all."
        return VALIDATIONS, Reason(field, VALIDATIONS, why, figures, "validations.eight")
    count = max(1, int(SHARE_OF_TIME * 60 * minutes / seconds))
    why = f"Each takes about {seconds:.2g} s: 8 of them would take {100 * share:.0f} % of the time."
    return count, Reason(field, count, why, figures, "validations.fewer")


def _windows(size: int, window: int, overlap: float) -> int:
    """Windows along an axis."""
    if size <= window:
        return 1
    return 1 + math.ceil((size - window) / max(1, round(window * (1 - overlap))))


def _rounded(count: int) -> str:
    """A number to two digits."""
    return f"{float(f'{count:.2g}'):,.0f}".replace(",", " ")
