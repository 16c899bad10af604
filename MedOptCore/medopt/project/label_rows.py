"""The rows of label versions in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from medopt.files import file_sha256
from medopt.image.label import Label
from medopt.project.catalogue import utc_now
from medopt.project.label_kind import LabelContent, LabelKind
from medopt.project.records import Edits, LabelSource, LabelVersion, ProposalRecord
from medopt.project.schema import CASES, LABEL_VERSIONS


@dataclass(frozen=True)
class Effort:
    """What an annotator did besides the label itself; by default nothing is known.

    Parameters
    ----------
    edits : what he changed against what he started from
    undos : how often he took something back
    blind : whether he saw no proposal
    model, round : of the proposal that he started from
    """

    edits: Edits | None = None
    undos: int | None = None
    blind: bool = False
    model: str | None = None
    round: int | None = None

    @classmethod
    def from_proposal(
        cls, proposal: ProposalRecord | None, edits: Edits | None, undos: int | None, blind: bool
    ) -> Effort:
        """Of work on a proposal; None for one that the catalogue does not know."""
        if proposal is None:
            return cls(edits, undos, blind)
        return cls(edits, undos, blind, proposal.model, proposal.round)

    def columns(self) -> dict[str, Any]:
        """The columns of ``label_versions``."""
        edits = self.edits
        return {
            "model": self.model,
            "round": self.round,
            "undos": self.undos,
            "blind": self.blind,
            "edits_changed": edits and edits.changed,
            "edits_slices": edits and edits.slices,
            "edits_added_path": edits and edits.added_path_length,
            "edits_surface_dice": edits and edits.surface_dice,
            "edits_as_is": edits and edits.as_is,
        }


def label_facts(
    kind: LabelKind[Any],
    label: Label,
    path: Path,
    *,
    annotator: str | None = None,
    seconds: float | None = None,
    source: LabelSource,
    note: str = "",
    effort: Effort | None = None,
) -> dict[str, Any]:
    """The row of ``label_versions`` for ``label`` in the file at ``path``, but for case, version and changes."""
    content = kind.content(label)
    return {
        "annotator": annotator,
        "seconds": seconds,
        "source": source,
        "note": note,
        "time": utc_now(),
        "voxels": content.marked,
        "class_values": content.to_text(),
        "changed_voxels": None,
        "file_sha256": file_sha256(path),
        "content_sha256": kind.sha256(label),
        **(effort or Effort()).columns(),
    }


def insert_version(connection: Connection, case_id: str, version: int, facts: dict[str, Any]) -> None:
    """Write the row of a version and make it the one that counts."""
    connection.execute(insert(LABEL_VERSIONS).values(case_id=case_id, version=version, **facts))
    values: dict[str, Any] = {"label_version": version, "annotator": facts["annotator"]}
    if facts["seconds"] is not None:
        values["label_seconds"] = func.coalesce(CASES.c.label_seconds, 0.0) + facts["seconds"]
    connection.execute(update(CASES).where(CASES.c.id == case_id).values(**values))


def current_version(connection: Connection, case_id: str) -> tuple[int, str | None]:
    """(version that counts, hash of its file); (0, None) for a case without a label."""
    columns = LABEL_VERSIONS.c
    query = select(columns.version, columns.file_sha256).where(columns.case_id == case_id)
    row = connection.execute(query.order_by(columns.version.desc()).limit(1)).first()
    return (0, None) if row is None else (row.version, row.file_sha256)


def contents_of_cases(connection: Connection) -> dict[str, LabelContent]:
    """What the label that counts holds, for every case that has one, ordered by id; no file is read."""
    query = select(CASES.c.id, LABEL_VERSIONS.c.class_values).join(
        LABEL_VERSIONS,
        (LABEL_VERSIONS.c.case_id == CASES.c.id) & (LABEL_VERSIONS.c.version == CASES.c.label_version),
    )
    return {row.id: LabelContent.from_text(row.class_values) for row in connection.execute(query.order_by(CASES.c.id))}


def list_versions(connection: Connection, case_id: str) -> list[LabelVersion]:
    """All versions of a case, the first one first."""
    query = select(LABEL_VERSIONS).where(LABEL_VERSIONS.c.case_id == case_id).order_by(LABEL_VERSIONS.c.version)
    versions = []
    for row in connection.execute(query):
        content = LabelContent.from_text(row.class_values)
        versions.append(
            LabelVersion(
                version=row.version,
                annotator=row.annotator,
                seconds=row.seconds,
                source=row.source,
                note=row.note,
                time=datetime.fromisoformat(row.time),
                marked=row.voxels,
                values=content.values,
                changed=row.changed_voxels,
                counts=content.counts,
                unjudged=content.unjudged,
                model=row.model,
                edits=_edits(row),
                undos=row.undos,
                blind=row.blind,
                round=row.round,
                restored_from=row.restored_from,
                restored_by=row.restored_by,
            )
        )
    return versions


def _edits(row: Row[Any]) -> Edits | None:
    if row.edits_changed is None:
        return None
    return Edits(
        row.edits_changed, row.edits_slices, row.edits_added_path, row.edits_surface_dice, bool(row.edits_as_is)
    )
