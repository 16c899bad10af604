"""How alike the images of a cohort are: a descriptor a case, put on one scale, and kept in the project's cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.files import atomic_path
from medopt.labelling.descriptor import OF_CHANNEL, VERSION, describe, groups_of
from medopt.project import Project
from medopt.project.schema import CHANNELS

LARGEST = 4.0
"""Standard deviations at which a number is held: a single odd one must not outweigh all others."""

KEEP_EVERY = 200
"""Cases after which what was worked out so far is kept."""


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Descriptors of cases.

    Parameters
    ----------
    cases : their ids
    values : (case, number) float32 as of ``describe``, all of one number of channels
    channels : of each image
    fingerprints : of each case; equal for equal voxels of all channels, "" where it is not known
    left_out : case → why it has none
    """

    cases: tuple[str, ...]
    values: NDArray[np.float32]
    channels: int = 1
    fingerprints: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = sum(group.size for group in groups_of(self.channels))
        if self.values.shape != (len(self.cases), size):
            raise MedOptError(
                "descriptors do not fit", expected=f"{(len(self.cases), size)}", found=str(self.values.shape)
            )
        if not self.fingerprints:
            object.__setattr__(self, "fingerprints", ("",) * len(self.cases))

    def points(self) -> NDArray[np.float32]:
        """(case, number) z-scores over these cases, between which Euclidean distances tell how alike two images are.

        Every kind of number counts equally, whatever it has of them, and the channels share the kinds that each has.
        What differs by no more than noise does not count. (0, number) without cases.
        """
        if not self.cases:
            return np.zeros(self.values.shape, np.float32)
        values = self.values.astype(np.float64)
        groups = groups_of(self.channels)
        least = np.concatenate([np.full(group.size, group.least) for group in groups])
        share = [group.size * (self.channels if group in OF_CHANNEL else 1) for group in groups]
        weight = np.concatenate([np.full(g.size, 1 / np.sqrt(s)) for g, s in zip(groups, share, strict=True)])
        scores = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), least)
        result: NDArray[np.float32] = (np.clip(scores, -LARGEST, LARGEST) * weight).astype(np.float32)
        return result

    def pictures(self) -> NDArray[np.float32]:
        """(case, number) percentiles and low-resolution pictures alone, intensities from 0 to 1; not z-scored."""
        wanted = np.concatenate(
            [np.full(g.size, g.name in ("picture", "percentiles")) for g in groups_of(self.channels)]
        )
        return self.values[:, wanted]

    def of(self, cases: Sequence[str]) -> Embeddings:
        """Those of ``cases``, in their order; cases without a descriptor are left out."""
        place = {case: n for n, case in enumerate(self.cases)}
        rows = [place[case] for case in cases if case in place]
        return Embeddings(
            tuple(self.cases[n] for n in rows),
            self.values[rows],
            self.channels,
            tuple(self.fingerprints[n] for n in rows),
            self.left_out,
        )


def plane(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """(case, 2) places of the points (case, number) in the plane in which they spread most (principal components).

    The sign is that in which the number that weighs most is positive, so that a picture does not flip. Zeros where
    there is nothing to spread.
    """
    centred = points.astype(np.float64) - (points.mean(axis=0) if len(points) else 0.0)
    result = np.zeros((len(points), 2))
    if len(points) > 1:
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        for n, axis in enumerate(axes[:2]):
            result[:, n] = centred @ (axis * np.sign(axis[np.argmax(np.abs(axis))]))
    return result


def embed_cases(project: Project, cases: Sequence[str], *, reporter: Reporter | None = None) -> Embeddings:
    """Descriptors of ``cases`` from the cache, or worked out from the images; those that cannot be read are left out.

    Kept in ``cache/embeddings.npz`` under the hash of the voxels, so that a changed image is looked at anew; the file
    may be deleted. Told as progress "embed".
    """
    listener = reporter or Silence()
    path, channels = embeddings_path(project), len(project.settings.channels)
    known = _read(path, channels)
    prints = fingerprints(project, cases)
    missing = [case for case in cases if known.get(case, ("",))[0] != prints.get(case)]
    left_out: dict[str, str] = {}
    if missing:
        progress = Progress(listener, "embed", len(missing))

        def look(case: str) -> NDArray[np.float32] | str:
            try:
                return describe(project.read_image(case))
            except MedOptError as error:
                return str(error)

        with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="embed") as workers:
            for number, (case, found) in enumerate(zip(missing, workers.map(look, missing), strict=True), 1):
                if isinstance(found, str):
                    left_out[case] = found
                    listener.emit("message", level="warning", text=f"{case} is left out: {found}")
                else:
                    known[case] = prints[case], found
                if number % KEEP_EVERY == 0:
                    _write(path, known)
                progress.advance()
        _write(path, known)
    return _gather(cases, known, prints, channels, left_out)


def cached_embeddings(project: Project, cases: Sequence[str]) -> Embeddings:
    """Descriptors that were worked out before, of those of ``cases`` that have one; no image is read."""
    channels = len(project.settings.channels)
    known = _read(embeddings_path(project), channels)
    prints = fingerprints(project, cases)
    return _gather(cases, known, prints, channels, {})


def fingerprints(project: Project, cases: Sequence[str]) -> dict[str, str]:
    """Of each case a hash over its voxels, channel by channel, as ``medopt check`` compares them; no file is read."""
    query = select(CHANNELS.c.case_id, CHANNELS.c.content_sha256).order_by(CHANNELS.c.case_id, CHANNELS.c.position)
    digests: dict[str, Any] = {}
    with project.catalogue.read() as connection:
        for row in connection.execute(query):
            digests.setdefault(row.case_id, hashlib.sha256()).update(row.content_sha256.encode())
    return {case: digests[case].hexdigest() for case in cases if case in digests}


def _gather(
    cases: Sequence[str],
    known: dict[str, tuple[str, NDArray[np.float32]]],
    prints: dict[str, str],
    channels: int,
    left_out: dict[str, str],
) -> Embeddings:
    had = [case for case in cases if case in known and known[case][0] == prints.get(case)]
    size = sum(group.size for group in groups_of(channels))
    values = np.stack([known[case][1] for case in had]) if had else np.zeros((0, size), np.float32)
    return Embeddings(tuple(had), values, channels, tuple(prints[case] for case in had), left_out)


def embeddings_path(project: Project) -> Path:
    """``cache/embeddings.npz``: where descriptors are kept; it may be deleted."""
    return project.cache_folder / "embeddings.npz"


def _read(path: Path, channels: int) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Case → (fingerprint, descriptor); empty when the file is missing, damaged or of another version."""
    size = sum(group.size for group in groups_of(channels))
    try:
        with np.load(path, allow_pickle=False) as stored:
            cases, prints, values = stored["cases"], stored["fingerprints"], stored["values"]
            if int(stored["version"]) != VERSION or values.shape != (len(cases), size) or len(prints) != len(cases):
                return {}
    except Exception:  # noqa: BLE001 - a cache of any other content is no cache, and what fails in a zip varies
        return {}
    return {str(case): (str(one), row) for case, one, row in zip(cases, prints, values, strict=True)}


def _write(path: Path, known: dict[str, tuple[str, NDArray[np.float32]]]) -> None:
    if not known:
        return
    cases = sorted(known)
    with atomic_path(path, durable=False) as temporary, open(temporary, "wb") as stream:
        np.savez(
            stream,
            version=np.int64(VERSION),
            cases=np.array(cases),
            fingerprints=np.array([known[case][0] for case in cases]),
            values=np.stack([known[case][1] for case in cases]),
        )
