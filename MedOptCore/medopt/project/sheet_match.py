"""Which entry of a sheet of annotations belongs to which case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from medopt.errors import MedOptError
from medopt.io.formats import suffixes

Parts = tuple[str, ...]


class SheetMatch:
    """Finds the key of a sheet for the path of a case, both with or without folders and endings.

    The name must be the same; among entries of one name that counts whose folders agree the furthest. Case ids, which
    are paths made safe, are names too.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._known = tuple(suffixes())
        self._by_name: Mapping[str, dict[Parts, str]] = defaultdict(dict)
        for key in keys:
            parts = _parts(key)
            for name in {parts[-1], self._without_ending(parts[-1])} if parts else ():
                self._by_name[name.lower()][(*parts[:-1], name)] = key

    def find(self, path: str, case_id: str) -> str | None:
        """The key for a case by its path below the images folder, None when the sheet does not know it.

        Raises MedOptError when several entries fit equally well.
        """
        parts = _parts(path)
        for name in (parts[-1], case_id) if parts else (case_id,):
            entries = self._by_name.get(name.lower())
            if entries:
                return _nearest(entries, (*parts[:-1], name), path)
        return None

    def _without_ending(self, name: str) -> str:
        ending = next((end for end in self._known if name.lower().endswith(end)), "")
        return name[: -len(ending)] if ending and len(name) > len(ending) else name


def _parts(path: str) -> Parts:
    return tuple(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))


def _nearest(entries: Mapping[Parts, str], wanted: Parts, path: str) -> str:
    shared = dict.fromkeys(entries.values(), 0)
    for parts, key in entries.items():
        shared[key] = max(shared[key], _same_end(parts, wanted))
    best = max(shared.values())
    keys = [key for key, count in shared.items() if count == best]
    if len(keys) > 1:
        raise MedOptError(
            "several annotations for one image",
            expected="one entry of this name, or folders that tell them apart",
            found=", ".join(keys[:4]),
        )
    return keys[0]


def _same_end(first: Parts, second: Parts) -> int:
    count = 0
    for a, b in zip(reversed(first), reversed(second), strict=False):
        if a.lower() != b.lower():
            break
        count += 1
    return count
