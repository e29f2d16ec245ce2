"""What `make interop` needs of the page that it holds exports against."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(name="tool", scope="module")
def _tool() -> ModuleType:
    """tools/interop_census.py."""
    spec = spec_from_file_location("interop_census", ROOT / "tools" / "interop_census.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_page_explains_by_sort_of_store(tool: ModuleType) -> None:
    """Each row of the table names a rule and sorts of store that there are; re-exported returns have none."""
    found = tool.explained((ROOT / "docs" / "census.md").read_text(encoding="utf-8"))

    assert {"demo", "bare", "typed"} == set(found) == set(tool.SORTS) - {"return"}
    assert {"8568", "8866"} == found["typed"]


@pytest.mark.parametrize(
    ("fired", "crashed", "code", "told"),
    [
        ({"8568": 2, "8866": 1}, [], 0, ""),
        ({"8568": 2, "8866": 1, "2885": 1}, [], 1, "not explained in docs/census.md: 2885"),
        ({"8568": 2}, [], 1, "explained, and does not fire: 8866"),
        ({"8568": 2, "8866": 1}, ["8565"], 1, "the validator's own rule failed: 8565"),
    ],
)
def test_it_fails_on_what_is_not_explained(
    tool: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fired: dict[str, int],
    crashed: list[str],
    code: int,
    told: str,
) -> None:
    """A rule that nobody explained, an explanation that nothing needs, and a rule that broke down each fail it."""
    monkeypatch.setattr(tool, "SORTS", {"typed": lambda _: iter([Path("return.xml")])})
    monkeypatch.setattr(tool, "judged", lambda _python, _paths: (fired, set(crashed)))
    monkeypatch.setattr("sys.argv", ["interop_census.py", "python"])

    assert code == tool.main()
    assert told in capsys.readouterr().out


def test_cases_typed_by_hand(tool: ModuleType, tmp_path: Path) -> None:
    """The cases that it types are accepted, and their return is written."""
    (path,) = tool.typed(tmp_path)

    assert "<LAchildID>KIDA</LAchildID>" in path.read_text(encoding="utf-8")
