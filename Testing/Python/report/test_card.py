"""The model card."""

from __future__ import annotations

from pathlib import Path

from medopt.report import make_card
from medopt.validation import Results


def test_figures_with_n_and_interval_limits_and_gaps(run_folder: Path) -> None:
    card = make_card(run_folder)
    row = Results.load(run_folder / "metrics-test.json").row("Posterior", "dice")
    assert (
        f"| Posterior | Dice | {row.estimate:.3f} | [{row.low:.3f}, {row.high:.3f}] | {row.n} | {row.n_subjects} | 0 |"
        in card
    )
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# Model card: run-001", "## Intended use", "## Data", "## Training", "## Figures", "## Limits", "## Terms",
    ]  # fmt: skip
    assert "no medical device" in card
    assert card.count("*to be filled in by the makers*") == 6
    assert "0 background, 1 Anterior, 2 Posterior" in card


def test_the_same_record_gives_the_same_card(run_folder: Path) -> None:
    assert make_card(run_folder) == make_card(run_folder)


def test_an_unmeasured_model_says_so(run_folder: Path) -> None:
    (run_folder / "metrics-test.json").unlink()
    assert "**not measured**" in make_card(run_folder)
    (run_folder / "metrics-train.json").unlink()
    assert "**not measured**" in make_card(run_folder)


def test_markup_in_names_is_text(changed_run) -> None:
    card = make_card(changed_run(name="a|b <b>*x*</b> [l](http://x) `c`"))
    title = card.splitlines()[0]
    assert title == r"# Model card: a\|b &lt;b&gt;\*x\*&lt;/b&gt; \[l\](http://x) \`c\`"
