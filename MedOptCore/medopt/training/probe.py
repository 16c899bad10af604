"""Which way to compute a training step is fastest on this machine: measured with the recipe's own network and patch.

Half precision without hardware for it is slower than float32, channels last helps some convolutions and harms others,
and compiling takes its time before it saves any. So each is tried on one batch, in turn, so that a busy moment of the
machine hits all alike.
"""

from __future__ import annotations

import copy
import math
import platform
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from medopt.training.engine import Engine
from medopt.training.running_settings import RunningSettings

SHARE = 0.03
"""Share of the training time that measuring may take."""
COMPILING_SHARE = 0.1
"""Share of the training time after which compiling is given up. It costs a training of 5 minutes half a minute at
worst; where it succeeds, small 3D networks on CPUs take between half the time and nearly the same."""
LEAST_COMPILING_S = 20.0
"""Compiling is not begun for trainings whose share is shorter: it would not end in time."""
LEAST_S, MOST_S = 1.0, 30.0
"""Bounds of the time for measuring in any case."""
FEW = 2
"""Samples that are measured when time is short; batch normalization wants more than one."""
ROUNDS = 5
"""Measurements of each way, at most."""
MARGIN = 1.1
"""Another way must be so many times faster than plain float32, since that is the safest."""
HOPELESS = 1.3
"""So many times slower than the fastest in the first round is not measured again."""
TOLERANCE = {"float32": 1e-3, "bfloat16": 3e-2, "float16": 1e-2}
"""Largest relative difference of the loss from plain float32. bfloat16 keeps 8 bits of a number, float16 11."""
ALIKE = 0.9
"""Least cosine between the gradient and that of plain float32."""

Loss = Callable[[Any], Tensor]


@dataclass
class _Way:
    """A candidate with what was measured of it."""

    engine: Engine
    network: nn.Module
    forward: Callable[[Tensor], Any]
    images: Tensor
    seconds: list[float] = field(default_factory=list)
    sound: bool = True

    @property
    def quickest(self) -> float:
        """Seconds; other programs only ever add to a time, so the least one says most."""
        return min(self.seconds) if self.seconds and self.sound else math.inf


def probe(
    network: nn.Module,
    images: Tensor,
    loss: Loss | None = None,
    *,
    settings: RunningSettings | None = None,
    minutes: float | None = None,
    steps: int | None = None,
) -> Engine:
    """The fastest way to compute a step of ``network`` on ``images`` (batch, channel, *space), on their device.

    Parameters
    ----------
    network : on the device of ``images``; neither its weights nor the random state of torch change
    loss : of the network's outputs for these images, a scalar; without it their mean square
    settings : ways that are already decided are not measured beside others
    minutes, steps : how long the training is going to be; measuring takes at most SHARE of it

    A way whose loss or gradient differs from plain float32 by more than TOLERANCE is never chosen. When time is short
    only the first FEW samples of the batch are measured. When nothing is left open in ``settings`` nothing is measured.
    """
    settings = settings or RunningSettings()
    if not settings.open:
        return Engine(settings.precision, settings.memory_format, bool(settings.compile))  # type: ignore[arg-type]
    whole, began = len(images), time.monotonic()
    compare = loss or _mean_square
    with _random_state_kept(images.device):
        first = _way(Engine(), _copy(network), images)
        once = _measure(first, compare)  # the first pass plans its convolutions and is slower
        if minutes is not None and once > max(SHARE * minutes * 60, LEAST_S):
            decided = Engine(
                "float32" if settings.precision == "auto" else settings.precision,
                "contiguous" if settings.memory_format == "auto" else settings.memory_format,
            )
            note = "Steps are too slow here to measure another way in time."
            return replace(decided, compiled=settings.compile is True and can_compile(images.device), note=note)
        once = _measure(first, compare)
        planned = minutes * 60 if minutes is not None else (steps or 0) * once
        allowed = min(max(SHARE * planned, LEAST_S), MOST_S)
        engines = [engine for engine in _candidates(settings, images) if engine != Engine()]
        if whole > FEW and (len(engines) + 1) * 3 * once > allowed:
            images, compare = images[:FEW], _mean_square  # ``loss`` knows only the whole batch
            first = replace(first, images=images)
        sums = _reference(first, compare)
        ways = _race(first, engines, network, images, compare, sums, began + allowed)
        best = _fastest([way for way in ways if _fits(way.engine, settings)]) or first
        note = ""
        if settings.compile is not False:
            left = planned - (time.monotonic() - began)
            compiled, note = _compiled(settings, best, compare, sums, left)
            if compiled is not None:
                ways.append(compiled)
                if compiled.sound and (settings.compile is True or compiled.quickest * 1.05 < best.quickest):
                    best = compiled
    scale = whole / len(images)
    others = tuple((way.engine.name, _ms(way, scale)) for way in ways if way is not best)
    return replace(best.engine, ms=_ms(best, scale), alternatives=others, note=note)


# ---- the ways ------------------------------------------------------------------------------------------------


def _candidates(settings: RunningSettings, images: Tensor) -> list[Engine]:
    """Ways that are neither decided against nor impossible here, the most promising first; not compiled."""
    halves = ["bfloat16"]
    if images.device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        halves = ["float16"]  # on GPUs with both, float16 is no faster and its gradients vanish more easily
    precisions = [*halves, "float32"] if settings.precision == "auto" else [settings.precision]
    formats = ["contiguous", "channels_last"] if settings.memory_format == "auto" else [settings.memory_format]
    if images.ndim not in (4, 5):
        formats = ["contiguous"]
    return [Engine(precision, layout) for precision in precisions for layout in formats]  # type: ignore[arg-type]


def _fits(engine: Engine, settings: RunningSettings) -> bool:
    return settings.precision in ("auto", engine.precision) and settings.memory_format in ("auto", engine.memory_format)


def _way(engine: Engine, network: nn.Module, images: Tensor) -> _Way:
    return _Way(engine, network, engine.forward(network), engine.lay(images))


def _fastest(ways: list[_Way]) -> _Way | None:
    """The fastest sound one; plain float32 unless another is faster by MARGIN."""
    best = min(ways, key=lambda way: way.quickest, default=None)
    plain = next((way for way in ways if way.engine == Engine() and way.sound), None)
    if best is None or best.quickest == math.inf:
        return next((way for way in ways if way.sound), None)
    return plain if plain is not None and best.quickest * MARGIN >= plain.quickest else best


def _ms(way: _Way, scale: float) -> float | None:
    return None if way.quickest == math.inf else round(way.quickest * 1e3 * scale, 2)


# ---- measuring -------------------------------------------------------------------------------------------------


def _race(
    first: _Way,
    engines: list[Engine],
    network: nn.Module,
    images: Tensor,
    loss: Loss,
    sums: tuple[float, Tensor],
    until: float,
) -> list[_Way]:
    """Measure ``first`` and the others in turn until the time is over; gives those that were reached.

    The unsound and the hopeless drop out after one round.
    """
    ways = [first]
    _measure(first, loss, keep=True)
    for engine in engines:
        if time.monotonic() + 2 * first.quickest >= until:
            break
        way = _way(engine, _copy(network), images)
        ways.append(way)
        way.sound = _agrees(way, loss, sums)  # warms up, too
        if way.sound:
            _measure(way, loss, keep=True)
    fastest = min(way.quickest for way in ways)
    running = [way for way in ways if way.quickest <= HOPELESS * fastest]
    for _ in range(ROUNDS - 1):
        for way in running:
            if len(running) < 2 or time.monotonic() + way.quickest >= until:
                return ways
            _measure(way, loss, keep=True)
    return ways


def _measure(way: _Way, loss: Loss, *, keep: bool = False) -> float:
    """Seconds of one forward and backward pass."""
    _wait(way.images.device)
    began = time.perf_counter()
    _pass(way, loss)
    _wait(way.images.device)
    seconds = time.perf_counter() - began
    way.network.zero_grad(set_to_none=True)
    if keep:
        way.seconds.append(seconds)
    return seconds


def _pass(way: _Way, loss: Loss) -> Tensor:
    with way.engine.autocast(way.images.device):
        outputs = way.forward(way.images)
    value = loss(outputs)
    scale = 1024.0 if way.engine.precision == "float16" else 1.0  # as a gradient scaler does
    (value * scale).backward()
    return value.detach()


def _reference(way: _Way, loss: Loss) -> tuple[float, Tensor]:
    """Loss and gradient of one pass."""
    value = float(_pass(way, loss))
    parts = [p.grad.detach().flatten().float() for p in way.network.parameters() if p.grad is not None]
    way.network.zero_grad(set_to_none=True)
    return value, torch.cat(parts) if parts else torch.zeros(1, device=way.images.device)


def _agrees(way: _Way, loss: Loss, sums: tuple[float, Tensor]) -> bool:
    """Whether loss and gradient are those of plain float32, within what the precision allows."""
    try:
        value, gradient = _reference(way, loss)
    except (RuntimeError, NotImplementedError):  # an operation that does not exist in this precision or layout
        way.network.zero_grad(set_to_none=True)
        return False
    near = abs(value - sums[0]) <= TOLERANCE[way.engine.precision] * max(abs(sums[0]), 1e-3)
    if gradient.shape != sums[1].shape or not near:
        return False
    lengths = float(gradient.norm() * sums[1].norm())
    cosine = float(gradient @ sums[1]) / lengths if lengths > 0 else 1.0
    return math.isfinite(cosine) and cosine >= ALIKE


# ---- compiling -------------------------------------------------------------------------------------------------


class _TooSlow(BaseException):
    """Compiling has used up its time; no Exception, which torch's compiler would wrap in one of its own."""


def can_compile(device: torch.device) -> bool:
    """Whether torch.compile has what it needs here: a C++ compiler for CPUs, Triton for GPUs."""
    if platform.system() == "Windows":
        return False  # needs an environment that only a developer's prompt sets up
    if device.type == "cpu":
        return any(shutil.which(name) for name in ("g++", "clang++"))
    return find_spec("triton") is not None and torch.cuda.get_device_capability(device) >= (7, 0)


def _compiled(
    settings: RunningSettings, best: _Way, loss: Loss, sums: tuple[float, Tensor], left: float
) -> tuple[_Way | None, str]:
    """The best way compiled and measured beside it, or None when it is not to be; and what to say of it."""
    asked, limit = settings.compile is True, left * COMPILING_SHARE
    if not can_compile(best.images.device):
        return None, "It was to be compiled, but there is no compiler here." if asked else ""
    if not asked:
        if threading.current_thread() is not threading.main_thread():
            return None, ""  # where it could not be given up
        if limit < LEAST_COMPILING_S:
            return None, "" if left <= 0 else "The training is too short to try compiling."
    engine = replace(best.engine, compiled=True)
    way = _Way(engine, best.network, engine.forward(best.network), best.images)
    note = "Compiling gave another result and is not used."
    began = time.monotonic()
    try:
        with _limited(math.inf if asked else limit):
            way.sound = _agrees(way, loss, sums)
    except _TooSlow:
        way.sound, note = False, f"Compiling was given up after {limit:.0f} s."
    except Exception as error:  # noqa: BLE001 (a compiler may fail in any way of its own; training does without it)
        way.sound, note = False, f"It could not be compiled ({type(error).__name__})."
    if not way.sound:
        torch._dynamo.reset()
        best.network.zero_grad(set_to_none=True)
        return way, note
    took = time.monotonic() - began
    for _ in range(3):
        _measure(best, loss, keep=True)
        _measure(way, loss, keep=True)
    return way, f"Compiling took {took:.0f} s."


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise _TooSlow in the main thread when the block takes longer; in others there is no limit."""
    if seconds == math.inf or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlow

    began = time.monotonic()
    earlier = signal.signal(signal.SIGALRM, end)
    pending, interval = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
        if pending:  # somebody else's alarm goes on
            signal.setitimer(signal.ITIMER_REAL, max(pending - (time.monotonic() - began), 0.001), interval)


# ---- ground ------------------------------------------------------------------------------------------------------


def _copy(network: nn.Module) -> nn.Module:
    """A copy to measure with, without dropout, so that each pass gives the same loss."""
    trial = copy.deepcopy(network).train()
    for module in trial.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
    return trial


@contextmanager
def _random_state_kept(device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _mean_square(outputs: Any) -> Tensor:
    levels = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return torch.stack([level.float().square().mean() for level in levels]).sum()
