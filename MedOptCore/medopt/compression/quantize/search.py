"""Which ranges, and which layers in 8 bit: chosen by what the answers on calibration windows lose."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from medopt.compression.quantize.calibration import histograms
from medopt.compression.quantize.eight_bit import in_eight_bit, layers_of, named, tensors_of
from medopt.compression.quantize.fold import fold_batch_norm
from medopt.compression.quantize.ranges import METHODS, Histogram, Method, value_range
from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.inference import ModelDescription
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime

Windows = Sequence[NDArray[np.float32]]
Answers = list[NDArray[np.float32]]
Timed = Callable[[Sequence[onnx.ModelProto]], list[float]]
"""Milliseconds of each model where it will run, measured together."""

WORTH_IT = 0.05
"""Share of the time that must be saved for the way that loses a little more, as long as it keeps the allowance."""


@dataclass(frozen=True)
class Candidate:
    """A way to quantize and what it lost: ``loss`` by ``answer_loss`` on the windows that choose."""

    method: Method
    symmetric: bool
    in_float: tuple[str, ...]
    loss: float


@dataclass
class Search:
    """What was tried and what was chosen.

    Parameters
    ----------
    chosen : the first that keeps the allowance, or the best
    tried : every candidate, in order
    sensitivity : layer to the loss with that layer alone in 8 bit; empty when it was not needed
    layers : all layers that could be in 8 bit
    fine_tuned : the loss of the chosen candidate after fine-tuning; None when it was not fine-tuned
    milliseconds : of a window by the best symmetric and the best asymmetric way, where both keep the allowance
    """

    chosen: Candidate
    tried: list[Candidate] = field(default_factory=list)
    sensitivity: dict[str, float] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    fine_tuned: float | None = None
    milliseconds: dict[str, float] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """Of what came out."""
        return self.chosen.loss if self.fine_tuned is None else self.fine_tuned


def answer_loss(wanted: Answers, found: Answers) -> float:
    """How far answers (batch, outputs, …) are from the wanted ones: 0 when equal.

    For each output Σ(p−q)² / Σ(p²+q²) over all windows, which for probabilities of a structure is one minus their soft
    Dice (Milletari et al. 2016); the largest of the outputs counts, so that a small structure cannot hide.
    """
    apart = sum(_over_places((w - f) ** 2) for w, f in zip(wanted, found, strict=True))
    size = sum(_over_places(w**2 + f**2) for w, f in zip(wanted, found, strict=True))
    if not np.isfinite(apart).all():
        return math.inf
    return float(np.max(apart / np.maximum(size, np.finfo(np.float64).tiny)))


def _over_places(values: NDArray[np.float32]) -> NDArray[np.float64]:
    outputs: NDArray[np.float64] = values.astype(np.float64).sum(axis=(0, *range(2, values.ndim)))
    return outputs


def search_eight_bit(
    model: onnx.ModelProto,
    description: ModelDescription,
    fitting: Windows,
    choosing: Windows,
    *,
    allowed: float,
    symmetric: bool | None = None,
    narrow_weights: bool = False,
    fine_tuning: int = 0,
    timed: Timed | None = None,
    reporter: Reporter | None = None,
) -> tuple[onnx.ModelProto, Search]:
    """``model`` in 8 bit so that ``answer_loss`` on the windows ``choosing`` is at most ``allowed``, if that can be.

    Ranges are fitted on the windows ``fitting``. All ways to take them are tried, with all layers in 8 bit. The way
    that loses least is taken; where a symmetric and an asymmetric way keep the allowance, the faster of the best two
    by ``timed``: engines may lose much time on zeros that are not 0. If no way keeps the allowance, the first and last
    layer stay in float. If that is not enough, all layers in 8 bit are fine-tuned for ``fine_tuning`` steps on the
    windows ``fitting``; if they still lose too much, or there are no steps, as few layers as needed of those that lose
    most when they alone are in 8 bit stay in float. Raises MedOptError when the model has no layer to quantize.
    """
    trial = _Trial(model, description, fitting, choosing, narrow_weights)
    if not trial.layers:
        raise MedOptError("the model has no layer that could be in 8 bit", where=description.name)
    listener = reporter or Silence()
    ways = [(m, s) for s in ((True, False) if symmetric is None else (symmetric,)) for m in METHODS]
    tried = [trial(method, even, ()) for method, even in track(listener, "ranges", ways)]
    best = min(tried, key=lambda candidate: candidate.loss)
    search = Search(best, tried, {}, tuple(trial.layers))
    if timed is not None:
        best = search.chosen = _faster(search, trial, allowed, timed)
    if best.loss > allowed and len(trial.layers) > 2:
        ends = trial(best.method, best.symmetric, (trial.layers[0], trial.layers[-1]))
        tried.append(ends)
        search.chosen = min(ends, best, key=lambda candidate: candidate.loss)
    if search.chosen.loss > allowed and fine_tuning and not narrow_weights:
        tuned, loss = trial.fine_tuned(best, fitting, fine_tuning, listener)
        if loss <= min(allowed, best.loss):
            search.chosen, search.fine_tuned = best, loss
            return tuned, search
    if search.chosen.loss > allowed:
        _spare_the_sensitive(search, trial, allowed, listener)
    chosen = search.chosen
    return trial.build(chosen.method, chosen.symmetric, chosen.in_float), search


def _faster(search: Search, trial: _Trial, allowed: float, timed: Timed) -> Candidate:
    """Of the best symmetric and the best asymmetric way the faster, where both keep the allowance; else the best."""
    kinds = [[one for one in search.tried if one.symmetric is even] for even in (True, False)]
    kept = [min(kind, key=lambda one: one.loss) for kind in kinds if kind]
    kept = [one for one in kept if one.loss <= allowed]
    if len(kept) < 2:
        return search.chosen
    times = timed([trial.build(one.method, one.symmetric, ()) for one in kept])
    search.milliseconds = {
        "symmetric" if one.symmetric else "asymmetric": time for one, time in zip(kept, times, strict=True)
    }
    fast, slow = sorted(zip(times, kept, strict=True), key=lambda pair: pair[0])
    return fast[1] if fast[0] < (1 - WORTH_IT) * slow[0] else search.chosen


def _spare_the_sensitive(search: Search, trial: _Trial, allowed: float, listener: Reporter) -> None:
    """Leave in float as few as needed of the layers that lose most by themselves; halving finds how many."""
    method, symmetric = search.chosen.method, search.chosen.symmetric
    for layer in track(listener, "sensitivity of layers", trial.layers):
        others = tuple(name for name in trial.layers if name != layer)
        search.sensitivity[layer] = trial(method, symmetric, others).loss
    worst_first = sorted(trial.layers, key=lambda name: -search.sensitivity[name])
    low, high = 0, len(worst_first) - 1  # at least one layer stays in 8 bit
    while low < high:
        middle = (low + high) // 2
        candidate = trial(method, symmetric, tuple(worst_first[:middle]))
        search.tried.append(candidate)
        if candidate.loss <= allowed:
            high = middle
        else:
            low = middle + 1
    last = trial(method, symmetric, tuple(worst_first[:low]))
    search.tried.append(last)
    search.chosen = last if last.loss <= allowed else min(search.tried, key=lambda candidate: candidate.loss)


class _Trial:
    """Builds candidates and measures what they lose."""

    def __init__(
        self,
        model: onnx.ModelProto,
        description: ModelDescription,
        fitting: Windows,
        choosing: Windows,
        narrow_weights: bool,
    ) -> None:
        self._model = named(fold_batch_norm(model))
        self._dims, self._narrow = description.dims, narrow_weights
        self._activate: Callable[[NDArray[np.float32]], NDArray[np.float32]] = description.build_task().activate
        self.layers = layers_of(self._model)
        self._histograms: dict[str, Histogram] = (
            histograms(self._model, tensors_of(self._model), fitting, self._dims) if self.layers else {}
        )
        self._choosing = choosing
        self._wanted = self._answers(self._model)

    def __call__(self, method: Method, symmetric: bool, in_float: tuple[str, ...]) -> Candidate:
        found = self._answers(self.build(method, symmetric, in_float))
        return Candidate(method, symmetric, in_float, answer_loss(self._wanted, found))

    def fine_tuned(
        self, candidate: Candidate, windows: Windows, steps: int, listener: Reporter
    ) -> tuple[onnx.ModelProto, float]:
        from medopt.compression.quantize.fine_tune import fine_tune

        built = self.build(candidate.method, candidate.symmetric, candidate.in_float)
        tuned = fine_tune(built, self._model, windows, self._dims, steps=steps, reporter=listener)
        return tuned, answer_loss(self._wanted, self._answers(tuned))

    def build(self, method: Method, symmetric: bool, in_float: tuple[str, ...]) -> onnx.ModelProto:
        ranges = {n: value_range(h, method, symmetric=symmetric) for n, h in self._histograms.items()}
        return in_eight_bit(self._model, ranges, symmetric=symmetric, in_float=in_float, narrow_weights=self._narrow)

    def _answers(self, model: onnx.ModelProto) -> Answers:
        with tempfile.TemporaryDirectory(prefix="medopt-quantize-") as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(model, path)
            runtime = OnnxRuntime(path, self._dims)
        return [self._activate(runtime(window)) for window in self._choosing]
