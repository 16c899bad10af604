"""Prepared volumes in the narrowest type that holds them."""

from __future__ import annotations

import numpy as np

from medopt.image import Image
from medopt.preprocess.source import Source, collect

FINEST = 20.0
"""Largest value, in standard deviations, that is still kept as float16: its rounding, at most 2^-12 of the value, is
then below 0.5 % of the standard deviation everywhere, less than the steps of a 10-bit image."""


def smallest(source: Source) -> Image:
    """The whole volume as uint8 or 16-bit integers where all its values are whole numbers that fit, else as float16
    where that rounds by less than 0.5 % of the standard deviation (see FINEST), else as float32.
    """
    if source.whole is not None:
        for dtype in (np.uint8, np.int16, np.uint16):
            limits = np.iinfo(dtype)
            if limits.min <= source.whole[0] and source.whole[1] <= limits.max:
                return collect(source, dtype)
    array = np.empty((source.channels, *source.geometry.shape), np.float16)
    for channel in range(source.channels):
        largest, total, squares = 0.0, 0.0, 0.0
        for start, values in source.slabs(channel):
            largest = max(largest, float(np.abs(values).max()))
            if largest > float(np.finfo(np.float16).max):
                return collect(source)
            array[channel, start : start + len(values)] = values
            total += float(values.sum(dtype=np.float64))
            squares += float(np.square(values, dtype=np.float64).sum())
        voxels = array[channel].size
        deviation = float(np.sqrt(max(0.0, squares / voxels - (total / voxels) ** 2)))
        if largest > FINEST * deviation and largest > 0:
            return collect(source)
    return Image(array, source.geometry, source.windows)
