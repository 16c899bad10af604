"""What the extension packages is what stands in the tree, and its module files are as Slicer wants them."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("MedOptCore", "MedOptLabel", "MedOptTrain", "MedOptValidate")
AT_FILE_SCOPE = {"slicer", "vtk", "qt", "ctk", "numpy", "scipy", "SimpleITK", *sys.stdlib_module_names}
"""What a module file may import when Slicer looks at it."""


def load_lister():
    spec = importlib.util.spec_from_file_location("list_package_files", ROOT / "CMake" / "list_package_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("module", MODULES)
def test_the_lists_are_the_tree(module):
    lister = load_lister()
    wanted, found = lister.wanted_lists(module), lister.read_lists(module)
    for name in wanted.keys() | found.keys():
        missing = sorted(set(wanted.get(name, ())) - set(found.get(name, ())))
        gone = sorted(set(found.get(name, ())) - set(wanted.get(name, ())))
        assert (missing, gone) == ([], []), f"{name}: run python CMake/list_package_files.py"
    assert (ROOT / module / lister.LIST_NAME).read_text(encoding="utf-8") == lister.list_text(module)


def test_a_file_that_is_not_listed_is_noticed(tmp_path, monkeypatch):
    lister = load_lister()
    for folder in ("MedOptLabel", "MedOptLabel/MedOptLabelLib", "MedOptLabel/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "MedOptLabel" / "MedOptLabel.py").write_text("")
    (tmp_path / "MedOptLabel" / "__pycache__" / "MedOptLabel.pyc").write_text("")
    (tmp_path / "MedOptLabel" / "CMakeLists.txt").write_text("")
    monkeypatch.setattr(lister, "ROOT", tmp_path)
    (tmp_path / "MedOptLabel" / lister.LIST_NAME).write_text(lister.list_text("MedOptLabel"))
    assert lister.read_lists("MedOptLabel") == {"MedOptLabel_SCRIPTS": ["MedOptLabel.py"], "MedOptLabel_RESOURCES": []}
    (tmp_path / "MedOptLabel" / "MedOptLabelLib" / "new.py").write_text("")
    assert lister.wanted_lists("MedOptLabel") != lister.read_lists("MedOptLabel")


def test_git_ignores_nothing_that_is_packaged():
    """A pattern of .gitignore that fits a source file would make it missing in the next checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    lister = load_lister()
    listed = [f"{m}/{file}" for m in MODULES for files in lister.read_lists(m).values() for file in files]
    answer = subprocess.run(
        [git, "check-ignore", "--no-index", *listed], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.stdout.splitlines() == []


@pytest.mark.parametrize("module", MODULES)
def test_module_files_have_the_classes_that_slicer_looks_for(module):
    tree = ast.parse((ROOT / module / f"{module}.py").read_text(encoding="utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert {module, f"{module}Widget", f"{module}Logic", f"{module}Test"} <= classes


@pytest.mark.parametrize("module", MODULES)
def test_module_files_import_nothing_that_may_be_missing(module):
    tree = ast.parse((ROOT / module / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] in AT_FILE_SCOPE, f"{module}.py imports {name} at file scope"
        allowed = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Expr, ast.Assign, ast.AnnAssign)
        assert isinstance(node, allowed), f"{module}.py works at file scope, line {node.lineno}"


def imports(tree: ast.AST):
    """(module, names) of each import anywhere in a tree; names is empty for ``import module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]


def test_every_name_that_the_panels_import_from_our_packages_exists(monkeypatch):
    """Most imports stand inside functions, where a misspelt one would be found by a user only."""
    for module in MODULES:
        monkeypatch.syspath_prepend(str(ROOT / module))
    sources = [ROOT / m / f"{m}.py" for m in MODULES] + [
        p for m in MODULES for p in (ROOT / m / f"{m}Lib").glob("*.py")
    ]
    packages = {}
    for source in sources:
        for name, members in imports(ast.parse(source.read_text(encoding="utf-8"))):
            if name.split(".")[0] == "medopt" or re.fullmatch(r"MedOpt\w+Lib", name.split(".")[0]):
                packages.setdefault(name, set()).update(members)
    assert "medopt.scene" in packages
    for name, members in packages.items():
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        for member in members:
            defined = member in top_names(tree) or importlib.util.find_spec(f"{name}.{member}") is not None
            assert defined, f"{name} has no {member}"


def top_names(tree: ast.Module) -> set[str]:
    """Names that a module defines or imports at its top, in try and if blocks too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            parts = [part for target in node.targets for part in getattr(target, "elts", [target])]
            found |= {part.id for part in parts if isinstance(part, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def test_the_extension_has_what_the_index_asks_for():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    fields = (
        "HOMEPAGE CATEGORY CONTRIBUTORS DESCRIPTION ICONURL SCREENSHOTURLS DEPENDS LICENSE_FILE README_FILE KEYWORDS"
    )
    for name in fields.split(" "):
        assert re.search(rf"^set\(EXTENSION_{name} \"[^\"]+\"\)", text, re.MULTILINE), name
    assert re.search(r'EXTENSION_DEPENDS "PyTorch"', text)
    for file in re.findall(r"\$\{CMAKE_CURRENT_SOURCE_DIR\}/([\w.]+)\"", text):
        assert (ROOT / file).is_file(), file
    for folder in re.findall(r"add_subdirectory\((\w+)\)", text):
        assert (ROOT / folder / "CMakeLists.txt").is_file()
    icon = (ROOT / "MedOpt.png").read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(icon[16:20], "big"), int.from_bytes(icon[20:24], "big")) == (128, 128)


def test_the_self_tests_are_registered():
    text = (ROOT / "Testing" / "Slicer" / "CMakeLists.txt").read_text(encoding="utf-8")
    for file in (ROOT / "Testing" / "Slicer").glob("*_selftest.py"):
        assert file.stem in text


STAND_IN_OF_SLICER = """
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/use.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/empty.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/empty.cmake")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib/qt-scripted-modules)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR lib/qt-scripted-modules)
set(Slicer_FOUND TRUE)
"""

STAND_IN_MACROS = """
include(CTest)
function(ctkMacroCompilePythonScript)
  cmake_parse_arguments(MY "NO_INSTALL_SUBDIR" "TARGET_NAME;DESTINATION_DIR;INSTALL_DIR" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS OR NOT MY_TARGET_NAME OR NOT MY_DESTINATION_DIR OR NOT MY_INSTALL_DIR)
    message(FATAL_ERROR "wrong call: ${ARGN}")
  endif()
  foreach(file IN LISTS MY_SCRIPTS MY_RESOURCES)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "no ${file}")
    endif()
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/${file}" "${MY_DESTINATION_DIR}/${file}" COPYONLY)
  endforeach()
endfunction()
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS OR NOT MODULE_NAME)
    message(FATAL_ERROR "wrong call: ${ARGN}")
  endif()
  ctkMacroCompilePythonScript(TARGET_NAME ${MODULE_NAME} SCRIPTS ${MODULE_SCRIPTS} RESOURCES ${MODULE_RESOURCES}
    DESTINATION_DIR ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}
    INSTALL_DIR ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR} NO_INSTALL_SUBDIR)
endmacro()
macro(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "TESTNAME_PREFIX;SCRIPT" "SLICER_ARGS" ${ARGN})
  get_filename_component(test_name ${MY_SCRIPT} NAME_WE)
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${MY_SCRIPT}")
    message(FATAL_ERROR "no ${MY_SCRIPT}")
  endif()
  add_test(NAME py_${MY_TESTNAME_PREFIX}${test_name} COMMAND true)
endmacro()
"""


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake on this machine")
def test_cmake_puts_modules_and_library_into_one_flat_folder(tmp_path):
    """CMake really reads the lists, with macros that stand in for Slicer's; the result is importable as installed."""
    found = tmp_path / "slicer"
    found.mkdir()
    (found / "SlicerConfig.cmake").write_text(STAND_IN_OF_SLICER)
    (found / "use.cmake").write_text(STAND_IN_MACROS)
    (found / "empty.cmake").write_text("")
    build = tmp_path / "build"
    version = subprocess.run(["cmake", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    source = ROOT
    if tuple(map(int, version.split(".")[:2])) < (3, 28):  # an older cmake may still read the lists
        source = tmp_path / "source"
        source.mkdir()
        for name in (*MODULES, "Testing"):
            os.symlink(ROOT / name, source / name)
        text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        (source / "CMakeLists.txt").write_text(text.replace("3.28...3.28", "3.16"))
    answer = subprocess.run(
        ["cmake", "-S", str(source), "-B", str(build), f"-DSlicer_DIR={found}", "-DCMAKE_C_COMPILER_WORKS=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No CMAKE_C" in answer.stderr:
        pytest.skip("no compiler for cmake's own checks")
    assert answer.returncode == 0, answer.stderr
    flat = build / "lib" / "qt-scripted-modules"
    for module in MODULES:
        assert (flat / f"{module}.py").is_file()
        assert (flat / "Resources" / "Icons" / f"{module}.png").is_file()
    for wanted in ("medopt/__init__.py", "MedOptCoreLib/panel.py", "Resources/UI/MedOptProjectHead.ui"):
        assert (flat / wanted).is_file()
    code = (
        "import medopt, MedOptCoreLib.packages as p; print(medopt.__file__); print(p.lightPackages().lines()[0].name)"
    )
    imported = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = [{str(flat)!r}, {packaging_folder()!r}]; {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.splitlines() == [str(flat / "medopt" / "__init__.py"), "pydantic"]


def packaging_folder() -> str:
    """Where the package ``packaging`` lies; Slicer brings it along."""
    return str(Path(importlib.util.find_spec("packaging").origin).parents[1])
