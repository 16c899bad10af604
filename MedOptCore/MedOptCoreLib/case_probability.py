"""What the last proposal says about a structure of the case in the scene, if the open project has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.settings_store import SettingsStore


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a structure beforehand.

    Parameters
    ----------
    text : where it comes from, or why there is nothing, as a sentence
    scores : uint8 (k, j, i), probability × 255 on a part of the grid; None when nothing is known
    corner : (k, j, i) of the first voxel of ``scores``
    """

    text: str
    scores: NDArray[np.uint8] | None = None
    corner: tuple[int, int, int] = (0, 0, 0)

    def part(self, corner: tuple[int, int, int], shape: tuple[int, ...]) -> NDArray[np.float32] | None:
        """Probability from 0 to 1 on a part of the grid; None when nothing is known."""
        if self.scores is None:
            return None
        result = np.zeros(shape, np.float32)
        low = np.maximum(corner, self.corner)
        high = np.minimum(np.add(corner, shape), np.add(self.corner, self.scores.shape))
        if (low < high).all():
            inside = tuple(slice(int(a), int(b)) for a, b in zip(low - corner, high - corner, strict=True))
            source = tuple(slice(int(a), int(b)) for a, b in zip(low - self.corner, high - self.corner, strict=True))
            result[inside] = self.scores[source] / np.float32(255)
        return result


class CaseProbability:
    """Finds the scores of the structure that is edited; asks the project once for each case and structure.

    Parameters
    ----------
    store : where the panels keep the path of the open project
    openProject : opens it
    """

    def __init__(self, store: SettingsStore, openProject: Callable[[Path], Any]) -> None:
        self._store, self._openProject = store, openProject
        self._key: tuple[Any, ...] | None = None
        self._known = Known("")

    def forget(self) -> None:
        """Ask again at the next call, as when another case is shown."""
        self._key = None

    def of(self, target: Any) -> Known:
        """What is known of the segment of an `EditTarget`; never raises for the project's sake."""
        from medopt.scene.nodes import CASE
        from medopt.scene.segment_voxels import value_of_segment

        folder = settings_store.text(self._store, settings_store.CURRENT_PROJECT)
        case = target.node.GetAttribute(CASE) or target.volume.GetAttribute(CASE)
        value = value_of_segment(target.node, target.segmentId)
        geometry = target.geometry()
        key = (folder, case, value, geometry)
        if key != self._key:
            self._key, self._known = key, self._find(folder, case, value, geometry)
        return self._known

    def _find(self, folder: str, case: str | None, value: int | None, geometry: Any) -> Known:
        alone = Known(_("From the image and the strokes alone."))
        if not folder or not case or value is None:
            return alone
        try:
            project = self._openProject(Path(folder))
            return self._ofCase(project, case, value, geometry) or alone
        except MedOptError as error:
            return Known(_("From the image and the strokes alone: {reason}.").format(reason=error.problem))
        except ImportError:
            return alone

    def _ofCase(self, project: Any, case: str, value: int, geometry: Any) -> Known | None:
        from medopt.labelling.blind import is_blind

        if is_blind(project, case):
            return Known(_("From the image and the strokes alone: this case is labelled without a proposal."))
        record = project.proposal(case)
        if record is None or record.rejected:
            return None
        scores = project.read_scores(case)
        if scores is None or value not in scores.classes or not scores.geometry.is_close(geometry):
            return None
        part = scores.part[scores.classes.index(value)]
        return Known(_("With the proposal of {model}.").format(model=record.model), part, scores.corner)
