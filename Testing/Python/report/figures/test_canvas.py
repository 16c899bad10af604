"""SVG and PNG of drawings: same bytes, safe text, colours of the page, no state left behind."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import pytest
from PIL import Image as Pillow

from medopt.report.figures import Drawing, to_png, to_svg
from medopt.report.palette import INK, MUTED, PAPER

HOSTILE = "<script>alert('x')</script> & $x^2$ \\frac"


def _paint(figure) -> None:
    axes = figure.subplots()
    axes.plot([1, 2, 3], [3, 1, 2], marker="o", color=INK)
    axes.set_title(HOSTILE)
    axes.set_xlabel("x", color=MUTED)


DRAWING = Drawing(4.0, 3.0, _paint, "a line")


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert to_svg(DRAWING, "a") == to_svg(DRAWING, "a")
    assert to_png(DRAWING) == to_png(DRAWING)


def test_text_stays_text_and_is_escaped() -> None:
    svg = to_svg(DRAWING, "a")
    root = ElementTree.fromstring(svg)
    assert HOSTILE in [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<script" not in svg


def test_nothing_is_loaded_and_nothing_dated() -> None:
    svg = to_svg(DRAWING, "a", for_page=True)
    assert "http" not in svg
    assert "<metadata" not in svg
    assert "Matplotlib" not in svg
    assert "font-family" not in svg


def test_for_a_page_neutral_colours_and_size_follow_the_page() -> None:
    plain, page = to_svg(DRAWING, "a"), to_svg(DRAWING, "a", for_page=True)
    assert INK in plain
    assert INK not in page
    assert "var(--ink)" in page
    assert "var(--muted)" in page
    assert re.match(r'<svg [^>]*viewBox="0 0 288 216"', page)
    assert not re.search(r'^<svg [^>]*\bwidth="', page)


def test_ids_of_two_figures_in_a_page_are_apart_and_all_references_meet_one() -> None:
    for name in ("one", "two"):
        svg = to_svg(DRAWING, name)
        ids = re.findall(r' id="([^"]+)"', svg)
        assert len(ids) == len(set(ids))
        assert ids
        assert all(i.startswith(f"{name}-") for i in ids)
        used = {a or b for a, b in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)}
        assert used == set(ids)


def test_png_has_the_size_and_the_paper() -> None:
    with Pillow.open(io.BytesIO(to_png(DRAWING, dots_per_inch=50))) as picture:
        assert picture.size == (200, 150)
        assert picture.convert("RGB").getpixel((0, 0)) == tuple(int(PAPER[n : n + 2], 16) for n in (1, 3, 5))


@pytest.mark.parametrize("setting", ["svg.hashsalt", "font.size", "text.parse_math"])
def test_settings_of_the_caller_neither_change_nor_matter(setting: str) -> None:
    before, expected = matplotlib.rcParams[setting], to_svg(DRAWING, "a")
    with matplotlib.rc_context({"font.size": 20.0, "axes.grid": True, "lines.linewidth": 9.0}):
        assert to_svg(DRAWING, "a") == expected
    assert matplotlib.rcParams[setting] == before
