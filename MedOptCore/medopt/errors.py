"""The one exception family for what a user can mend."""

from __future__ import annotations

from pathlib import Path


class MedOptError(Exception):
    """Something that the user can mend, told in one message.

    Every part is plain text and ends up in ``str(error)``: where it is, what is wrong, what was expected,
    what was found, and what to do. Anything that is not a ``MedOptError`` is a bug and shows its trace.
    Messages never hold pixel data or values of patient-identifying header fields.

    Parameters
    ----------
    problem : what is wrong, in a few words ("label and image lie on different grids")
    where : the file, and the field or case within it
    expected, found : what should have been there, and what was
    remedy : what the user can do about it
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str | Path | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.where = None if where is None else str(where)
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        head = f"{self.where}: {self.problem}" if self.where else self.problem
        facts = [
            f"{name} {value}"
            for name, value in (("expected", self.expected), ("found", self.found))
            if value is not None
        ]
        sentences = [head + (": " + ", ".join(facts) if facts else "")]
        if self.remedy:
            sentences.append(self.remedy)
        return " ".join(s if s.endswith((".", "!", "?")) else s + "." for s in sentences)
