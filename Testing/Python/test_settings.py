"""Wrong settings name every field, the allowed values and the nearest match."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from medopt import MedOptError
from medopt.settings import Settings, read_yaml


class Inner(Settings):
    method: Literal["linear", "cubic"] = "linear"
    size: int = Field(1, ge=1)


class Outer(Settings):
    name: str
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    value = Outer(name="한글", inner=Inner(method="cubic"), many=(Inner(size=3),))
    value.save(tmp_path / "a.yaml")
    assert Outer.load(tmp_path / "a.yaml") == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"name": "x", "innr": {}}, r"unknown field 'innr' \(known: name, inner, many\); did you mean 'inner'\?"),
        (
            {"name": "x", "inner": {"sise": 2}},
            r"unknown field 'inner\.sise' \(known: method, size\); did you mean 'size'",
        ),
        ({"name": "x", "many": [{"sise": 2}]}, r"unknown field 'many\.0\.sise'.*did you mean 'size'"),
        ({}, "field 'name' is missing"),
        ({"name": "x", "inner": {"method": "cubik"}}, r"'inner\.method'.*'linear' or 'cubic'.*did you mean 'cubic'"),
        ({"name": "x", "inner": {"size": 0}}, r"'inner\.size'.*greater than or equal to 1, found 0"),
        ([1], "expected fields and values, found list"),
        (None, "expected fields and values, found NoneType"),
    ],
)
def test_what_is_wrong_is_named(value: object, message: str) -> None:
    with pytest.raises(MedOptError, match=rf"(?s)^recipe\.yaml: .*{message}"):
        Outer.parse(value, "recipe.yaml")


def test_every_wrong_field_is_in_the_one_message() -> None:
    with pytest.raises(MedOptError, match=r"unknown field 'a'.*; unknown field 'b'"):
        Outer.parse({"name": "x", "a": 1, "b": 2}, "recipe.yaml")


def test_damaged_yaml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: x\ninner: [1,\n")
    with pytest.raises(MedOptError, match=r"a\.yaml, line 3: not readable as YAML"):
        read_yaml(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MedOptError, match=r"b\.yaml: the file cannot be read"):
        read_yaml(tmp_path / "b.yaml")


def test_yaml_builds_no_objects(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("!!python/object/apply:os.system ['true']\n")
    with pytest.raises(MedOptError, match="not readable as YAML"):
        read_yaml(tmp_path / "a.yaml")
