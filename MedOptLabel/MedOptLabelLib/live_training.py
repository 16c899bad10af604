"""What is measured of the model in training, as its job tells it: two charts that grow, and the latest numbers."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _

KINDS = ("learning", "loss")
"""The score of the validation cases, and the loss; over the steps of the training."""


class LiveTraining:
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``
    """

    def __init__(self, scene: Any) -> None:
        self._charts = {kind: ChartNode(scene, f"teach {kind}") for kind in KINDS}
        self.forget()

    def forget(self) -> None:
        """Another round, or another project; charts that are shown stay until there is something new."""
        self.run, self.device = "", ""
        self._metrics: list[dict[str, Any]] = []

    def take(self, event: dict[str, Any]) -> bool:
        """Note an event of the job; whether there is something new to show."""
        if event["kind"] == "started" and event.get("run"):
            self.run, self.device, self._metrics = str(event["run"]), str(event.get("device", "")), []
            return True
        if event["kind"] != "metric":
            return False
        self._metrics.append(event)
        for kind in KINDS:
            if self._charts[kind].node is not None:
                self.node(kind)
        return True

    @property
    def known(self) -> bool:
        """Whether something was measured."""
        return bool(self._metrics)

    def node(self, kind: str) -> Any:
        """The plot chart node, drawn afresh; None before the first measurement."""
        if not self._metrics:
            return None
        from medopt.scene.curves import learning_charts

        loss, score = learning_charts(self._metrics, run=self.run)
        return self._charts[kind].show(score if kind == "learning" else loss)

    @property
    def text(self) -> str:
        """The latest numbers in one line; empty before the training."""
        from medopt.events import validation_score

        if not self.run:
            return ""
        last = {key: event[key] for event in self._metrics for key in event if event[key] is not None}
        parts = [_("{run} on {device}").format(run=self.run, device=self.device or "?")]
        if "step" in last:
            parts.append(_("step {step}").format(step=last["step"]))
        if "minutes" in last:
            parts.append(_("{m:.1f} min").format(m=last["minutes"]))
        score = validation_score(last)
        if score is not None and score.value is not None:
            parts.append(_("validation {score} {v:.3f}").format(score=score.title, v=score.value))
        return " · ".join(parts)
