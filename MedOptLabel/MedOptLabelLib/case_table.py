"""The cases of the project as a table node, which is saved with the scene and can be shown in any table view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptLabelLib.case_list import STATE_NAMES, CaseRow

ROLE = "cases"


class CaseTable:
    """Keeps one table node of the scene up to date.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene

    @property
    def node(self) -> Any:
        """The table node, None when there is none (yet, or any more)."""
        from medopt.scene import marked_nodes

        found = marked_nodes(self._scene, role=ROLE)
        return found[0] if found else None

    def update(self, rows: Sequence[CaseRow]) -> Any:
        """Show ``rows``; makes the node where it is missing and returns it."""
        from medopt.scene.tables import table_from_columns, update_table

        columns: dict[str, list] = {
            _("Case"): [row.id for row in rows],
            _("Subject"): [row.subject for row in rows],
            _("State"): [STATE_NAMES.get(row.state, row.state) for row in rows],
            _("Core set"): [_("yes") if row.core else "" for row in rows],
            _("Confidence"): [row.confidence for row in rows],
            _("Annotator"): [row.annotator for row in rows],
            _("Minutes"): [row.minutes for row in rows],
        }
        node = self.node
        if node is None:
            return table_from_columns(self._scene, columns, _("MedOpt cases"), role=ROLE)
        update_table(node, columns)
        return node
