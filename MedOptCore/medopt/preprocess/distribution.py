"""What the values of a whole channel are like: exact percentiles and moments, slab by slab, at bounded memory."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medopt.preprocess.source import ArraySource, Mapped, Source

Region = Literal["image", "above_mean", "non_zero"]
"""Voxels that count: all, those above the mean of all, or those that are not 0. All count where none would."""

_LEVELS = 1 << 16
"""Values of each half of a float32."""


class Distribution(ABC):
    """The values of one channel within a region."""

    @abstractmethod
    def percentiles(self, shares: Sequence[float]) -> list[float]:
        """The percentiles, shares in %, interpolated linearly between neighbours as numpy does."""

    @abstractmethod
    def moments(self, low: float, high: float) -> tuple[float, float]:
        """Mean and standard deviation of the values held between ``low`` and ``high``."""

    @abstractmethod
    def histogram(self, bins: int, low: float, high: float) -> NDArray[np.int64]:
        """Voxels in each of ``bins`` equal parts of the range from ``low`` to ``high``, both ends included; values
        outside are not counted. All 0 for an empty range.
        """


def distribution(source: Source, channel: int, region: Region = "image") -> Distribution:
    """The distribution of a channel: read once for images of up to 16-bit integers, also when steps have changed their
    values one by one; some times otherwise.
    """
    table = _counted(source, channel)
    return _Streamed(source, channel, region) if table is None else table.within(region)


@dataclass(frozen=True)
class _Counted(Distribution):
    """Whole numbers and how often each occurs."""

    values: NDArray[np.float64]
    counts: NDArray[np.int64]

    def within(self, region: Region) -> _Counted:
        """The values of a region."""
        if region == "image":
            return self
        mean = float(self.values @ self.counts) / float(self.counts.sum())
        kept = self.values != 0 if region == "non_zero" else self.values > mean
        return _Counted(self.values[kept], self.counts[kept]) if kept.any() else self

    def percentiles(self, shares: Sequence[float]) -> list[float]:
        ends = np.cumsum(self.counts)
        return [
            _between(rank, lambda n: float(self.values[np.searchsorted(ends, n, "right")]))
            for rank in _ranks(shares, int(ends[-1]))
        ]

    def moments(self, low: float, high: float) -> tuple[float, float]:
        held = np.clip(self.values, low, high)
        total = float(self.counts.sum())
        mean = float(held @ self.counts) / total
        return mean, float(np.sqrt(((held - mean) ** 2) @ self.counts / total))

    def histogram(self, bins: int, low: float, high: float) -> NDArray[np.int64]:
        return _histogram(self.values, self.counts, bins, low, high)


def _counted(source: Source, channel: int) -> _Counted | None:
    """The values of a channel and their counts, ascending; None where there may be too many different ones."""
    if isinstance(source, Mapped) and source.pointwise:
        before = _counted(source.upstream, channel)
        if before is None:
            return None
        values = source.changed(channel, before.values.astype(np.float32).reshape(1, 1, -1), 0).ravel()
        order = np.argsort(values, kind="stable")
        return _Counted(values[order].astype(np.float64), before.counts[order])
    counts = source.counts(channel) if isinstance(source, ArraySource) else None
    return None if counts is None else _Counted(*counts)


class _Streamed(Distribution):
    """Real numbers, read anew for each question; order statistics are found by their bits, in two readings."""

    def __init__(self, source: Source, channel: int, region: Region) -> None:
        self._source, self._channel, self._region = source, channel, region
        self._threshold = 0.0
        if region == "above_mean":
            self._threshold = _moments(self._all(), -np.inf, np.inf)[0]
        if region != "image" and next(self._parts(), None) is None:
            self._region = "image"

    def percentiles(self, shares: Sequence[float]) -> list[float]:
        high_bits = np.zeros(_LEVELS, np.int64)
        for part in self._parts():
            high_bits += np.bincount(_keys(part) >> np.uint32(16), minlength=_LEVELS)
        ends = np.cumsum(high_bits)
        ranks = _ranks(shares, int(ends[-1]))
        wanted = {n for rank in ranks for n in (math.floor(rank), math.ceil(rank))}
        bins = {n: int(np.searchsorted(ends, n, "right")) for n in wanted}
        low_bits = {b: np.zeros(_LEVELS, np.int64) for b in bins.values()}
        for part in self._parts():
            keys = _keys(part)
            top = keys >> np.uint32(16)
            for b, counts in low_bits.items():
                counts += np.bincount(keys[top == b] & np.uint32(0xFFFF), minlength=_LEVELS)
        found = {}
        for n, b in bins.items():
            before = int(ends[b - 1]) if b else 0
            low = int(np.searchsorted(np.cumsum(low_bits[b]), n - before, "right"))
            found[n] = _value((b << 16) | low)
        return [_between(rank, lambda n: found[n]) for rank in ranks]

    def moments(self, low: float, high: float) -> tuple[float, float]:
        return _moments(self._parts(), low, high)

    def histogram(self, bins: int, low: float, high: float) -> NDArray[np.int64]:
        result = np.zeros(bins, np.int64)
        for part in self._parts():
            result += _histogram(part, None, bins, low, high)
        return result

    def _all(self) -> Iterator[NDArray[np.float32]]:
        for _, values in self._source.slabs(self._channel):
            yield values.ravel()

    def _parts(self) -> Iterator[NDArray[np.float32]]:
        for values in self._all():
            if self._region == "image":
                yield values
                continue
            kept = values[values != 0] if self._region == "non_zero" else values[values > self._threshold]
            if kept.size:
                yield kept


def _histogram(
    values: NDArray, counts: NDArray[np.int64] | None, bins: int, low: float, high: float
) -> NDArray[np.int64]:
    if high <= low:
        return np.zeros(bins, np.int64)
    place = (values - low) * (bins / (high - low))
    inside = (place >= 0) & (place <= bins)
    index = np.minimum(place[inside].astype(np.intp), bins - 1)
    weights = None if counts is None else counts[inside]
    return np.rint(np.bincount(index, weights, bins)).astype(np.int64)


def _moments(parts: Iterable[NDArray[np.float32]], low: float, high: float) -> tuple[float, float]:
    count, total, squares = 0, 0.0, 0.0
    shift: np.float32 | None = None
    for part in parts:
        held = np.clip(part, low, high)
        if shift is None:  # values far from 0 would lose the digits of their spread
            shift = np.float32(held.mean(dtype=np.float64))
        held -= shift
        count += held.size
        total += float(held.sum(dtype=np.float64))
        squares += float(np.square(held, dtype=np.float64).sum())
    mean = total / count
    return mean + float(shift or 0.0), float(np.sqrt(max(0.0, squares / count - mean**2)))


def _ranks(shares: Sequence[float], count: int) -> list[float]:
    return [share / 100 * (count - 1) for share in shares]


def _between(rank: float, at: Callable[[int], float]) -> float:
    low, high = at(math.floor(rank)), at(math.ceil(rank))
    return float(low + (high - low) * (rank - math.floor(rank)))


def _keys(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Bits of float32 numbers, turned so that they sort as the numbers do."""
    bits = np.ascontiguousarray(values).view(np.int32)
    return ((bits >> 31) | np.int32(-(2**31))).view(np.uint32) ^ bits.view(np.uint32)


def _value(key: int) -> float:
    """The number whose key it is."""
    bits = key ^ 0x80000000 if key & 0x80000000 else key ^ 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
