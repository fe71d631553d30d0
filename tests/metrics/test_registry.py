import sys
from types import ModuleType

import pytest

from metrics.registry import discover


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    """Make an importable package under a name of its own, since modules stay imported."""
    name = f"found_{request.node.name}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for loaded in [module for module in sys.modules if module.split(".")[0] == name]:
        del sys.modules[loaded]


def test_modules_are_found_sorted_without_private_names(folder):
    for name in ("zeta", "alpha", "_shared"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (folder / "notes.txt").write_text("not a module")
    found = discover(folder.name)
    assert list(found) == ["alpha", "zeta"]
    assert [module.NAME for module in found.values()] == ["alpha", "zeta"]
    assert f"{folder.name}._shared" not in sys.modules


def test_a_package_may_be_given_itself(folder):
    (folder / "one.py").write_text("")
    package = __import__(folder.name)
    assert isinstance(package, ModuleType)
    assert discover(package) == discover(folder.name)


def test_an_error_in_a_module_reaches_the_caller_and_is_not_remembered(folder):
    broken = folder / "broken.py"
    broken.write_text("raise ValueError('this module is broken')\n")
    with pytest.raises(ValueError, match=r"^this module is broken$"):
        discover(folder.name)
    broken.unlink()
    assert discover(folder.name) == {}


def test_modules_are_looked_for_once_and_each_caller_has_its_own_dict(folder):
    (folder / "one.py").write_text("")
    discover(folder.name).clear()
    (folder / "two.py").write_text("")
    assert list(discover(folder.name)) == ["one"]


def test_an_unknown_package_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'no_such_package'$"):
        discover("no_such_package")
