"""Write the lists of files that the extension packages: PackageFiles.cmake in each module's folder.

Slicer packages only what is listed. Run this after adding, moving or removing a file of a module or of the
library; a test fails while the lists and the tree differ.

    python CMake/list_package_files.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("MedOptCore", "MedOptLabel", "MedOptTrain", "MedOptValidate")
LIBRARY = "medopt"
"""The pip-installable library; lies in MedOptCore and has its own two lists."""

LIST_NAME = "PackageFiles.cmake"
HEADER = "# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.\n"
NOT_PACKAGED = {"CMakeLists.txt", LIST_NAME}


def packaged_files(folder: Path) -> tuple[list[str], list[str]]:
    """(scripts, resources) under ``folder``, as sorted paths from it with forward slashes.

    Hidden files and folders, byte code, metadata of pip and the lists themselves are left out.
    """
    scripts, resources = [], []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) or part.endswith(".egg-info") for part in relative.parts)
        if hidden or not path.is_file() or path.name in NOT_PACKAGED:
            continue
        (scripts if path.suffix == ".py" else resources).append(relative.as_posix())
    return scripts, resources


def wanted_lists(module: str) -> dict[str, list[str]]:
    """Variable name -> files, for the folder of ``module``."""
    scripts, resources = packaged_files(ROOT / module)
    in_library = (f"{LIBRARY}/",) if module == "MedOptCore" else ()
    lists = {
        f"{module}_SCRIPTS": [f for f in scripts if not f.startswith(in_library)],
        f"{module}_RESOURCES": [f for f in resources if not f.startswith(in_library)],
    }
    if in_library:
        lists[f"{LIBRARY}_SCRIPTS"] = [f for f in scripts if f.startswith(in_library)]
        lists[f"{LIBRARY}_RESOURCES"] = [f for f in resources if f.startswith(in_library)]
    return lists


def list_text(module: str) -> str:
    """What PackageFiles.cmake of ``module`` should hold."""
    blocks = [
        "\n".join([f"set({name}", *(f"  {f}" for f in files), "  )\n"]) for name, files in wanted_lists(module).items()
    ]
    return "\n".join([HEADER, *blocks])


def read_lists(module: str) -> dict[str, list[str]]:
    """Variable name -> files, as PackageFiles.cmake of ``module`` has them now."""
    lists: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (ROOT / module / LIST_NAME).read_text(encoding="utf-8").splitlines():
        if line.startswith("set("):
            current = lists.setdefault(line[4:].strip(), [])
        elif line.startswith("  ") and line.strip() != ")":
            current.append(line.strip())
    return lists


def main() -> int:
    """Write every list; says which ones changed."""
    for module in MODULES:
        path = ROOT / module / LIST_NAME
        text = list_text(module)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote {path.relative_to(ROOT).as_posix()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
