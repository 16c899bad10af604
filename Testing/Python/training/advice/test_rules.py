"""Rules, code and page say the same."""

from __future__ import annotations

import re
from pathlib import Path

import medopt
from medopt.training.advice.rules import RULES

ROOT = Path(__file__).resolve().parents[4]
CODE = Path(medopt.__file__).parent / "training" / "advice"


def test_every_rule_is_explained_on_the_page_and_nothing_else_is() -> None:
    page = (ROOT / "Docs" / "advise.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \|", page, flags=re.M)
    assert sorted(rows) == sorted(RULES)


def test_every_rule_is_given_by_some_code() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in CODE.glob("*.py") if path.name != "rules.py")
    spoken = set(re.findall(r'"([a-z]+\.[a-z_]+|default|format)"', code))
    presets = {f"augment.{name}" for name in ("light", "standard", "strong")}  # made from the name of the preset
    assert set(RULES) - spoken - presets == set()


def test_rules_have_a_sentence_and_a_source() -> None:
    for name, rule in RULES.items():
        assert rule.text.endswith("."), name
        assert rule.source, name
