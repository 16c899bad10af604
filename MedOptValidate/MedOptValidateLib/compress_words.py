"""Requests of compression and their models in words: those of a command, and those for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.texts import interval, number
from MedOptValidateLib.compress_branches import USUAL, Branches
from MedOptValidateLib.measured_models import ENGINE

METRIC_TITLES = {"dice": "Dice", "auroc": "AUROC", "ap50": "AP50"}
LONGEST_RUN = 30
"""Of a run's name in that of its requests, whose length is limited."""


@dataclass(frozen=True)
class Wishes:
    """What the panel's fields ask for.

    Parameters
    ----------
    run : to be made smaller; empty for none
    keepPercent : of the score, that must surely be kept
    latencyMs : longest time of a patch; 0 for any
    sizeMb : largest file of a model, in millions of bytes; 0 for any
    minutes : for all of it
    engine : that models are measured in
    branches : that are tried
    """

    run: str = ""
    keepPercent: float = 99.0
    latencyMs: float = 0.0
    sizeMb: float = 0.0
    minutes: float = 30.0
    engine: str = ENGINE
    branches: Branches = USUAL

    @property
    def planned(self) -> tuple[str, float, float, tuple[str, ...]]:
        """The part that a plan depends on; engine and limits only measure and choose."""
        return self.run, self.keepPercent, self.minutes, tuple(self.branches.options())

    def measuring(self) -> list[str]:
        """Options of the engine and the limits, which may change from call to call."""
        latency = ["--max-latency", f"{self.latencyMs:.10g}ms"] if self.latencyMs else []
        size = ["--max-size", f"{self.sizeMb:.10g}MB"] if self.sizeMb else []
        return ["--runtime", self.engine, *latency, *size]

    def asked(self, name: str) -> list[str]:
        """Options of a new request called ``name``, without engine and limits."""
        keep, minutes = f"{self.keepPercent / 100:.10g}", f"{self.minutes:.10g}"
        return ["--run", self.run, "--name", name, "--keep", keep, "--minutes", minutes, *self.branches.options()]


def askedBefore(view: Any) -> list[str]:
    """Options that repeat a request exactly as its plan says, however it was asked for; without engine and limits."""
    from medopt.compression.chain.plan import ChainSettings

    settings, usual = view.plan.settings.model_dump(mode="json"), ChainSettings().model_dump(mode="json")
    words = ["--run", view.plan.run, "--name", view.name, "--keep", f"{settings['keep']:.10g}"]
    for field, value in settings.items():
        if field == "keep" or value == usual[field]:
            continue
        words += ["--minutes", f"{value:.10g}"] if field == "minutes" else ["--set", f"{field}={json.dumps(value)}"]
    return words


def askedWords(plan: Any, rules: Any) -> str:
    """What a request asks for, and, once ``rules`` are known, within which limits was chosen."""
    words = _("{run}, to keep {keep:.4g} %").format(run=plan.run, keep=100 * plan.settings.keep)
    if rules is not None and rules.max_latency_ms is not None:
        words += _(" within {limit:.4g} ms a patch").format(limit=rules.max_latency_ms)
    if rules is not None and rules.max_bytes is not None:
        words += _(" within {limit:.4g} MB").format(limit=rules.max_bytes / 1e6)
    return words


def freeName(folder: Path, run: str) -> str:
    """A name for a new request of ``run`` that none in ``folder`` has: RUN-small, RUN-small-2 …"""
    stem = f"{run.replace('/', '-')[:LONGEST_RUN]}-small"
    name, number = stem, 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def speedWords(one: Any, faster: float | None, teacher: Any) -> str:
    """How many times faster and smaller than the teacher's export, which itself says nothing."""
    if teacher is None or one.name == teacher.name or faster is None:
        return ""
    return _("{faster:.2g} × the speed and {smaller:.2g} × smaller than the teacher").format(
        faster=faster, smaller=teacher.bytes / one.bytes
    )


def modelWords(one: Any, metric: str, faster: str, why: str) -> str:
    """All that was measured of a model: cost, score, what each structure keeps, and what became of it."""
    parts = [
        _("{name}: {parameters:,} parameters, {operations:.3g} million multiply-adds a patch").format(
            name=one.name, parameters=one.parameters, operations=one.multiply_adds / 1e6
        ),
        _("{size:.3g} MB, {time:.3g} ms a patch").format(size=one.bytes / 1e6, time=one.latency_ms),
        faster,
        _("{metric} {score}, keeps {kept}").format(
            metric=metric, score=number(one.score, 4), kept=interval(one.ratio, one.low, one.high, 4)
        ),
    ]
    kept = ", ".join(f"{name} {number(ratio, 4)}" for name, ratio in one.classes)
    if kept:
        parts.append(_("of each structure or class: {kept}").format(kept=kept))
    return " · ".join(part for part in [*parts, why] if part)
