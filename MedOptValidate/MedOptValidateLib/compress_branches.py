"""Which branches a new request of compression tries, as the panel's fields say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from MedOptCoreLib.i18n import _

BETWEEN = re.compile(r"[,;%\s]+")
"""What stands between two shares."""
LEAST, MOST = 1.0, 99.0
"""Per cents that a share can be; less is surely a share of 1 that was meant, as in 0.5."""


@dataclass(frozen=True)
class Branches:
    """Parameters
    ----------
    pruned : whether pruned models are tried
    removed : per cents of the multiply-adds that are pruned, one branch each
    students : whether narrower models that learn from the run are tried
    widths : their per cents of the run's width, one branch each
    coarser : whether students are tried that also do without the finest level of the run's network
    coarse : their per cents of the run's width, one branch each
    networks : whether an efficient network of another family is tried, which the task decides
    """

    pruned: bool = True
    removed: str = "50, 75"
    students: bool = True
    widths: str = "50, 25"
    coarser: bool = True
    coarse: str = "50"
    networks: bool = True

    @property
    def removedProblem(self) -> str:
        """What is wrong with the shares that are pruned; empty when nothing is, or nothing is pruned."""
        return readShares(self.removed)[1] if self.pruned else ""

    @property
    def widthsProblem(self) -> str:
        """What is wrong with the widths of students; empty when nothing is, or there are none."""
        return readShares(self.widths)[1] if self.students else ""

    @property
    def coarseProblem(self) -> str:
        """What is wrong with the widths of students without the finest level; empty as above."""
        return readShares(self.coarse)[1] if self.coarser else ""

    @property
    def problem(self) -> str:
        """The first thing that is wrong; while there is one, nothing can be asked for."""
        return self.removedProblem or self.widthsProblem or self.coarseProblem

    def options(self) -> list[str]:
        """Options of the command."""
        asked = {
            "removed": readShares(self.removed)[0] if self.pruned else [],
            "widths": readShares(self.widths)[0] if self.students else [],
            "coarse": readShares(self.coarse)[0] if self.coarser else [],
        }
        none = [] if self.networks else ["--set", "networks=[]"]
        return [word for field, shares in asked.items() for word in ("--set", f"{field}={json.dumps(shares)}")] + none


USUAL = Branches()
"""What the command does by itself."""


def readShares(text: str) -> tuple[list[float], str]:
    """Shares of 1 from per cents such as "50, 12.5 %", each once; and what is wrong, in which case there are none."""
    found: list[float] = []
    for word in filter(None, BETWEEN.split(text)):
        try:
            percent = float(word)
        except ValueError:
            return [], _("{word} is not a number: write per cents, such as 50, 75.").format(word=word)
        if not LEAST <= percent <= MOST:
            return [], _("{word} is not between 1 and 99: write per cents, such as 50, 75.").format(word=word)
        found.append(round(percent / 100, 9))
    if not found:
        return [], _("Write at least one per cent, such as 50, or untick the box.")
    return list(dict.fromkeys(found)), ""
