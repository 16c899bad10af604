"""What the slice views show while a preview is up, and the exact way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from medopt.scene.frames import array_of, vtk_matrix
from medopt.scene.nodes import Node, Scene, one_update

_VOLUMES = ("BackgroundVolumeID", "ForegroundVolumeID", "LabelVolumeID")
_OPACITY = "ForegroundOpacity"

Values = dict[str, Any]
"""Properties of a node by their MRML names."""


@dataclass
class _Kept:
    """Properties of one node: as they were, and as the preview set them."""

    node_id: str
    before: Values
    ours: Values


class SliceLayers:
    """Puts a preview into the slice views and later puts back, property by property, what stood there.

    A property that somebody changed meanwhile is theirs and stays. Views that take no part in the selection of
    volumes (``DoPropagateVolumeSelection`` off) are left alone. The layout and the selection node are never touched.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``, which can fit the views; None where there are no views
    """

    def __init__(self, scene: Scene, application: Any = None) -> None:
        self._scene, self._application = scene, application
        self._composites: list[_Kept] = []
        self._slices: list[_Kept] = []

    @property
    def shown(self) -> bool:
        """Whether something waits to be put back."""
        return bool(self._composites)

    def show(self, background: str, *, foreground: str | None = None, opacity: float = 1.0) -> None:
        """Show volumes by their node ids; a preview that was shown before is taken back first.

        Parameters
        ----------
        foreground : None empties the layer
        opacity : of the foreground, 0 to 1
        """
        self._show({"BackgroundVolumeID": background, "ForegroundVolumeID": foreground, _OPACITY: float(opacity)})

    def show_label(self, background: str, label: str, *, opacity: float) -> None:
        """Show one volume alone with a label map over it, of ``opacity`` 0 to 1."""
        wanted = {"BackgroundVolumeID": background, "ForegroundVolumeID": None, "LabelVolumeID": label}
        self._show({**wanted, "LabelOpacity": float(opacity)})

    def _show(self, wanted: Values) -> None:
        self.restore()
        wanted = {**wanted, "Compositing": 0}
        for composite in self._taking_part():
            before = _read(composite, tuple(wanted))
            if before["BackgroundVolumeID"] != wanted["BackgroundVolumeID"]:
                self._keep_slice(composite)
            _write(composite, wanted)
            self._composites.append(_Kept(composite.GetID(), before, _read(composite, tuple(wanted))))
        for kept in self._slices:
            self._fit(kept)

    def set_opacity(self, opacity: float) -> None:
        """Blend: opacity of the foreground, 0 to 1, in views that still show the preview's."""
        for kept, node in self._present(self._composites):
            if node.GetForegroundVolumeID() == kept.ours.get("ForegroundVolumeID"):
                node.SetForegroundOpacity(float(opacity))
                kept.ours[_OPACITY] = node.GetForegroundOpacity()

    def restore(self) -> None:
        """Put back what stood in the views, except what was changed meanwhile or is gone from the scene."""
        for kept, node in self._present(self._composites):
            same = {name: value for name, value in kept.before.items() if _read(node, (name,))[name] == kept.ours[name]}
            _write(node, {name: self._alive(name, value) for name, value in same.items()})
        for kept, node in self._present(self._slices):
            if kept.ours and _read_place(node) == kept.ours:
                _write_place(node, kept.before)
        self.forget()

    def forget(self) -> None:
        """Let go without touching anything: the scene is being closed."""
        self._composites, self._slices = [], []

    def _taking_part(self) -> Iterator[Node]:
        for composite in _nodes(self._scene, "vtkMRMLSliceCompositeNode"):
            if composite.GetDoPropagateVolumeSelection():
                yield composite

    def _present(self, kept: list[_Kept]) -> list[tuple[_Kept, Node]]:
        found = [(one, self._scene.GetNodeByID(one.node_id)) for one in kept]
        return [(one, node) for one, node in found if node is not None]

    def _alive(self, name: str, value: Any) -> Any:
        gone = name in _VOLUMES and value is not None and self._scene.GetNodeByID(value) is None
        return None if gone else value

    def _keep_slice(self, composite: Node) -> None:
        for node in _nodes(self._scene, "vtkMRMLSliceNode"):
            if node.GetLayoutName() == composite.GetLayoutName():
                self._slices.append(_Kept(node.GetID(), _read_place(node), {}))

    def _fit(self, kept: _Kept) -> None:
        node = self._scene.GetNodeByID(kept.node_id)
        logic = None if self._application is None else self._application.GetSliceLogic(node)
        if logic is not None:
            logic.FitSliceToBackground(-1, -1)
            logic.SnapSliceOffsetToIJK()
            kept.ours = _read_place(node)


def _nodes(scene: Scene, class_name: str) -> list[Node]:
    return [scene.GetNthNodeByClass(n, class_name) for n in range(scene.GetNumberOfNodesByClass(class_name))]


def _read(node: Node, names: tuple[str, ...]) -> Values:
    return {name: getattr(node, f"Get{name}")() for name in names}


def _write(node: Node, values: Values) -> None:
    with one_update(node):
        for name, value in values.items():
            getattr(node, f"Set{name}")(value)


def _read_place(node: Node) -> Values:
    """Where a slice view looks: field of view and origin in mm, and the plane."""
    matrix = array_of(node.GetSliceToRAS()).tolist()
    return {"FieldOfView": node.GetFieldOfView(), "XYZOrigin": node.GetXYZOrigin(), "SliceToRAS": matrix}


def _write_place(node: Node, place: Values) -> None:
    with one_update(node):
        node.GetSliceToRAS().DeepCopy(vtk_matrix(place["SliceToRAS"]))
        node.UpdateMatrices()
        node.SetFieldOfView(*place["FieldOfView"])
        node.SetXYZOrigin(*place["XYZOrigin"])
