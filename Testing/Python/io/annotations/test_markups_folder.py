from __future__ import annotations

from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.image import Box
from medopt.io.annotations import read_markups_folder
from medopt.io.markups import NamedBox, write_markup_boxes


def test_files_by_their_names(tmp_path: Path) -> None:
    box = NamedBox.of(Box((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 1), "cyst")
    write_markup_boxes([box], tmp_path / "s" / "x.mrk.json", unjudged=["mass"])
    (tmp_path / "y.mrk.json").write_text("{}")
    sheet = read_markups_folder(tmp_path)
    assert sheet.entries["s/x"].boxes[0].center == (1.0, 2.0, 3.0)
    assert sheet.entries["s/x"].unjudged == ("mass",)
    assert sheet.names == ("cyst",)
    assert isinstance(sheet.entries["y"], MedOptError)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="no annotations"):
        read_markups_folder(tmp_path)
