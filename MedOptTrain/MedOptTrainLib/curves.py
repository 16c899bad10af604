"""Learning curves of one run as plot nodes, growing while it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _

KINDS = ("loss", "dice")
MUCH = 0.1
"""Share of the time spent waiting for data that is worth telling."""
TITLES = {"loss": _("Loss"), "dice": _("Score of validation cases")}


class LearningCurves:
    """Reads the events of a run's folder and keeps two charts, loss and validation score, up to date.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self.folder: Path | None = None
        self._offset = 0
        self.metrics: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def follow(self, folder: Path | None) -> None:
        """Show the run in ``folder`` from its first event on; None shows nothing new, the charts stay."""
        self.folder, self._offset, self.metrics, self.warnings = folder, 0, [], []
        self.update(always=True)

    def update(self, *, always: bool = False) -> bool:
        """Read what came since the last look and draw it; True when there was something."""
        from medopt.events import read_events

        if self.folder is None:
            return False
        events, self._offset = read_events(self.folder / "events.jsonl", self._offset)
        fresh = [event for event in events if event["kind"] == "metric"]
        self.metrics += fresh
        told = [str(e.get("text")) for e in events if e["kind"] == "message" and e.get("level") == "warning"]
        self.warnings += [text for text in dict.fromkeys(told) if text not in self.warnings]
        if fresh or (always and self.metrics):
            self._draw()
        return bool(fresh or told)

    def node(self, kind: str) -> Any:
        """The plot chart node of "loss" or "dice" (the score, whatever the task), drawn afresh where it was lost; None
        without points.
        """
        if not self.metrics:
            return None
        if self._find(kind) is None:
            self._draw()
        return self._find(kind)

    @property
    def text(self) -> str:
        """The latest numbers in one line, and a line for each warning of the training."""
        from medopt.events import validation_score

        if self.folder is None:
            return _("No run is shown. Start one, or select one in the table of runs.")
        last = {key: event[key] for event in self.metrics for key in event if event[key] is not None}
        warnings = [f"⚠ {text}" for text in self.warnings]
        if not last:
            return "\n".join([_("{run}: no measurement yet").format(run=self.folder.name), *warnings])
        parts = [_("{run}: step {step}").format(run=self.folder.name, step=last.get("step", 0))]
        if "minutes" in last:
            parts.append(_("{m:.1f} min").format(m=last["minutes"]))
        if "train_loss" in last:
            parts.append(_("training loss {v:.3f}").format(v=last["train_loss"]))
        score = validation_score(last)
        if score is not None and score.value is not None:
            parts.append(_("validation {score} {v:.3f}").format(score=score.title, v=score.value))
        if "samples_per_s" in last:
            parts.append(_("{v:.3g} samples/s").format(v=last["samples_per_s"]))
        if last.get("data_wait_share", 0) >= MUCH:
            parts.append(_("waits for data {v:.0%} of the time").format(v=last["data_wait_share"]))
        return "\n".join([" · ".join(parts), *warnings])

    def _find(self, kind: str) -> Any:
        from medopt.scene import marked_nodes

        found = marked_nodes(self._scene, role=f"learning {kind}")
        return found[0] if found else None

    def _draw(self) -> None:
        from medopt.scene.curves import learning_charts
        from medopt.scene.plots import plot_from_chart, update_plot

        run = "" if self.folder is None else self.folder.name
        for kind, chart in zip(KINDS, learning_charts(self.metrics, run=run), strict=True):
            node = self._find(kind)
            if node is None:
                plot_from_chart(self._scene, chart, role=f"learning {kind}")
            else:
                update_plot(self._scene, node, chart)
