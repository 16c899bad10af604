"""Maps of what speaks for a class, with what the checks say of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medopt.errors import MedOptError
from medopt.io import read_image
from medopt.project import Project
from medopt.report.blocks import Block, CaseBlock, Cell, Column, Legend, Note, Paragraph, Section, Table
from medopt.report.heat_pictures import Tile, draw_montage
from medopt.report.record import Record
from medopt.report.text import count, interval, number, plain, without_folders
from medopt.validation.explain import (
    CaseMap,
    Explanation,
    Rate,
    list_explanations,
    pointing_verdict,
    sanity_verdict,
)
from medopt.validation.explain.pointing import region_of

SHOWN = 8
"""Maps a method in the montage, evenly through them."""

_METHODS = {
    "cam": "Zhou et al., CVPR 2016",
    "gradcam": "Selvaraju et al., ICCV 2017",
    "gradcam++": "Chattopadhay et al., WACV 2018",
    "occlusion": "Zeiler & Fergus, ECCV 2014",
}


def build(record: Record, project: Project | None) -> Section | None:
    """Each method's checks and montage; None when no maps of this part were made."""
    blocks: list[Block] = []
    for path in list_explanations(record.folder, record.subset or None):
        try:
            blocks += _method(record, project, Explanation.load(path), path.parent)
        except MedOptError as error:
            blocks.append(Note(plain(without_folders(str(error)), 400), "warning"))
    if not blocks:
        return None
    opening = Paragraph(
        "The maps show where features of the network speak for a class. They say what the answer hangs on, not whether "
        "it is right, and a map that looks plausible proves nothing: read it with the two checks beside it."
    )
    return Section("What the model looks at", "explanations", [opening, *blocks])


def _method(record: Record, project: Project | None, found: Explanation, folder: Path) -> list[Block]:
    source = _METHODS[found.settings.method]
    where = f", features of layer {plain(found.layer)} ({_size(found)})" if found.layer else ""
    blocks: list[Block] = [
        Paragraph(f"{found.title} ({source}){where}, {count(len(found.maps), 'map')} of {plain(found.subset)} cases."),
        Note(sanity_verdict(found), "warning" if "do not depend" in sanity_verdict(found) else "note"),
    ]
    blocks += [Note(plain(pointing_verdict(row), 400)) for row in found.pointing]
    if found.maps and project is not None:
        blocks += _montage(record, project, found, folder)
    if found.pointing:
        blocks.append(_pointing_table(found))
    if found.sanity:
        blocks.append(_sanity_table(found))
    if found.nothing:
        blocks.append(
            Paragraph(f"Without a map: {count(len(found.nothing), 'entry', 'entries')}, told by the command.")
        )
    return blocks


def _size(found: Explanation) -> str:
    return "×".join(map(str, found.cells or ())) + " cells a window"


def _montage(record: Record, project: Project, found: Explanation, folder: Path) -> list[Block]:
    chosen = shown_maps(found.maps)
    tiles, missing = [], []
    for one in chosen:
        try:
            tiles.append(_tile(record, project, one, folder))
        except MedOptError as error:
            missing.append(f"No picture of {plain(one.case)}: {plain(without_folders(str(error)), 300)}")
    notes: list[Block] = [Note(text) for text in missing]
    if not tiles:
        return notes
    outlined = [s for s in record.structures if any(one.name == s.name for one in chosen)]
    regions: list[Block] = []
    if any(tile.region is not None for tile in tiles):
        regions = [Legend([(s.name, s.look.color) for s in outlined], (("reference", "solid"),))]
    how = Paragraph(
        "Above the image alone, below with the map, which goes while you point at it; the slice holds its largest "
        "value, which is inside the reference (outlined) or beside it. Cases are spread evenly through the part; none "
        "was chosen for its looks."
    )
    title = f"{found.title} of {count(len(tiles), 'case')}"
    return [*notes, how, *regions, CaseBlock(title, "", (), draw_montage(tiles, title))]


def shown_maps(maps: Sequence[CaseMap]) -> list[CaseMap]:
    """``SHOWN`` maps evenly through them, the classes in turn."""
    cases = list(dict.fromkeys(one.case for one in maps))
    names = list(dict.fromkeys(one.name for one in maps))
    by_place = {(one.case, one.name): one for one in maps}
    places = np.linspace(0, len(cases) - 1, min(SHOWN, len(cases))).astype(int)
    found = []
    for turn, place in enumerate(dict.fromkeys(places.tolist())):
        order = names[turn % len(names) :] + names[: turn % len(names)]
        found.append(next(by_place[cases[place], name] for name in order if (cases[place], name) in by_place))
    return found


def _tile(record: Record, project: Project, one: CaseMap, folder: Path) -> Tile:
    image, heat = project.read_image(one.case), read_image(folder / one.file)
    if not heat.geometry.is_close(image.geometry):
        raise MedOptError("the map lies on another grid than the image", remedy="Make the maps again: medopt explain")
    region = region_of(project.read_label(one.case), one.value, image.geometry)
    pointed = "" if one.pointed is None else ", inside" if one.pointed.hit else ", beside"
    title = f"{one.case}: {one.name}{pointed}"
    return Tile(title, image, heat.array[0], region, record.look_of(one.name).color)


def _rate(rate: Rate) -> Cell:
    return Cell(number(rate.estimate, 2), interval(rate.low, rate.high, 2) or plain(rate.note))


def _pointing_table(found: Explanation) -> Table:
    columns = [
        Column("Class"),
        Column("Largest value in the reference", True),
        Column("Share of the map there", True),
        Column("By chance", True),
        Column("Maps", True),
        Column("Subjects", True),
    ]
    rows = [
        [
            Cell(plain(row.name)),
            _rate(row.hits),
            _rate(row.inside),
            Cell(number(row.chance, 3)),
            Cell(str(row.hits.n)),
            Cell(str(row.hits.n_subjects)),
        ]
        for row in found.pointing
    ]
    caption = (
        "Pointing game (Zhang et al. 2018, without tolerance) and its energy-based form (Wang et al. 2020), with 95 % "
        "intervals over subjects. By chance: the share of the image that the reference covers."
    )
    return Table(columns, rows, caption)


def _sanity_table(found: Explanation) -> Table:
    columns = [
        Column("Weights drawn anew down to"),
        Column("Rank correlation", True),
        Column("SSIM", True),
        Column("Maps", True),
        Column("Subjects", True),
    ]
    rows = [
        [
            Cell(plain(row.step)),
            _rate(row.spearman),
            _rate(row.ssim),
            Cell(str(row.spearman.n)),
            Cell(str(row.spearman.n_subjects)),
        ]
        for row in found.sanity
    ]
    caption = (
        "Randomisation check (Adebayo et al. 2018): weights are drawn anew from the network's output to its input, and "
        "the maps compared with those of the trained network. Maps that stay alike do not depend on the training. 95 % "
        "intervals over subjects."
    )
    return Table(columns, rows, caption)
