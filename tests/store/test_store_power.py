"""A power cut at any moment loses nothing that was acknowledged: tried on a model of a disk with a cache."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cinctl.errors import SystemRefusedError
from cinctl.store import platform
from cinctl.store.log import Log
from cinctl.store.verify import verify
from cinctl.workspace import Settings, Workspace
from tests.store.disk import Contents, Disk
from tests.store.support import Office, append, event, fail, goes_on, half_then_fail, quick_disk

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TORN = b'{"v":1,"seq":3,"kind":"torn off","case":"C-1","at":"2026-03-02","recorded":"r","by":"kw1","un'


def lay_out(folder: Path, contents: Contents) -> Path:
    """Make a folder hold *contents* and nothing else; return the log in it."""
    for left in folder.iterdir():
        left.unlink()
    for name, content in contents.items():
        if content is not None:
            (folder / name).write_bytes(content)
    return folder / "cases.jsonl"


def survives(disk: Disk, spare: Path, torn: bytes = b"", every: int = 1) -> int:
    """Try every *every*-th crash; return how many there were.

    Each must leave a log that holds what was promised, and that goes on; and what was torn is kept, there or beside.
    """
    spare.mkdir(exist_ok=True)
    states = dict.fromkeys((tuple(contents.items()), promised) for contents, promised in disk.crashes("cases.jsonl"))
    with quick_disk():
        for state, promised in list(states)[::every]:
            path = lay_out(spare, dict(state))
            assert path.exists() or promised is None
            if not path.exists():
                continue
            found = [line["data"]["n"] for line in goes_on(path)]
            assert list(range(1, len(found) + 1)) == found
            assert len(found) >= (promised or 0), promised
            assert any(torn in left.read_bytes() for left in spare.iterdir())
    return len(states)


@pytest.fixture(name="folder")
def _folder(path: Path) -> Path:
    """The folder of a store of two lines."""
    path.with_name("cases.jsonl.lock").unlink()
    return path.parent


@pytest.fixture(name="spare")
def _spare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to lay crashes out in."""
    return tmp_path_factory.mktemp("spare")


def write_through(disk: Disk, path: Path) -> None:
    """Append twice, and have both promised."""
    append(path, 3)
    disk.promise(3)
    append(path, 4, 5)
    disk.promise(5)


class TestThePowerGoes:
    """What was promised survives."""

    @pytest.mark.parametrize("torn", [b"", TORN], ids=["whole", "torn"])
    @pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
    def test_nothing_promised_is_lost(self, every: int, torn: bytes, path: Path, folder: Path, spare: Path) -> None:
        """Whatever of the unsynced bytes reached the disk, promised lines are there, and what was torn is kept."""
        path.write_bytes(path.read_bytes() + torn)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(folder, patch)
            write_through(disk, path)

        assert survives(disk, spare, torn, every) > 1000

    @pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
    def test_nor_after_a_failure(self, every: int, path: Path, folder: Path, spare: Path) -> None:
        """A batch that failed half-way, and was cut off again, takes nothing with it, and the next one stands."""
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(folder, patch)
            with Log.open(path).writing(5) as writer:
                with pytest.MonkeyPatch.context() as failing:
                    failing.setattr("os.write", half_then_fail())
                    with pytest.raises(SystemRefusedError):
                        writer.append([{**event(n=3), "kind": "another", "case": "C-1"}])
                writer.append([event(n=3)])
                disk.promise(3)
            append(path, 4)
            disk.promise(4)

        assert survives(disk, spare, b"", every) > 1000

    def test_a_store_that_was_made_is_there(self, tmp_path: Path, spare: Path) -> None:
        """Once a store is said to be made its name is on the disk, and so are the events promised in it."""
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(tmp_path, patch)
            Log.create(tmp_path / "cases.jsonl")
            disk.promise(0)
            append(tmp_path / "cases.jsonl", 1)
            disk.promise(1)

        assert survives(disk, spare, every=3) > 400


class TestAKeyThatIsThere:
    """An event that counts as done, for its key is there, is acknowledged like any other."""

    LINE = b'{"kind":"note","case":"N1","by":"tm1","key":"k1","data":{"text":"x"}}'

    def test_it_is_on_disk_before_that_is_said(self, office: Office) -> None:
        """Who wrote it may have been killed before its sync: who finds it there syncs it, and only then says so."""
        workspace = Workspace(Settings(store=office.store, protocol=str(office.protocol), now=NOW))
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(office.folder, patch)
            with pytest.MonkeyPatch.context() as dying:
                dying.setattr(platform, "sync", lambda fd: None)
                list(workspace.apply([[self.LINE]]))
            ((verdict,),) = workspace.apply([[self.LINE]])
            disk.promise("k1")
        afterwards = [contents["cases.jsonl"] or b"" for contents, told in disk.crashes("cases.jsonl") if told]

        assert verdict.known
        assert [True] == [b'"key":"k1"' in content for content in afterwards]

    def test_a_disk_that_does_not_take_it_is_told(self, office: Office) -> None:
        """It is not acknowledged, in the system's words."""
        workspace = Workspace(Settings(store=office.store, protocol=str(office.protocol), now=NOW))
        list(workspace.apply([[self.LINE]]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(platform, "sync", fail)
            with pytest.raises(SystemRefusedError, match="what it holds could not be synced: Input/output error"):
                list(workspace.apply([[self.LINE]]))

        assert office.lines + 1 == verify(office.store).lines


class TestTheModel:
    """It notices what it is there to notice."""

    @pytest.mark.parametrize(("name", "every"), [("sync", 3), ("sync_folder", 1)])
    def test_a_missing_sync(self, name: str, every: int, tmp_path: Path, spare: Path) -> None:
        """Without one of the two syncs, of the log or of its folder, something promised is lost."""
        path = tmp_path / "cases.jsonl"
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(tmp_path, patch)
            patch.setattr(platform, name, lambda fd: None)
            Log.create(path)
            disk.promise(0)
            append(path, 1, 2)
            disk.promise(2)

        with pytest.raises(AssertionError):
            survives(disk, spare, every=every)

    def test_a_torn_tail_whose_copy_is_not_safe(self, path: Path, folder: Path, spare: Path) -> None:
        """When the name of the copy is not synced before the tail is cut off, the tail is lost."""
        path.write_bytes(path.read_bytes() + TORN)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(folder, patch)
            patch.setattr(platform, "sync_folder", lambda folder: None)
            append(path, 3)
        with pytest.raises(AssertionError):
            survives(disk, spare, TORN)
