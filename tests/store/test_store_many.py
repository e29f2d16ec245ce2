"""Many processes at once on one store: nothing is lost, nothing is judged by what is no longer so, no reader waits."""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from cinctl.store.log import Log
from cinctl.store.verify import verify
from tests.store.support import DEADLINE, NOTE, Clerk, Office, Said, event, held_elsewhere, numbers_in, start, wait_for


def all_at_once(path: Path, processes: int, times: int) -> None:
    """Have *processes* append *times* each, and see that every line was judged by all before it."""
    before = len(list(Log.open(path).read()))
    running = [start("count", path, str(number), str(times)) for number in range(processes)]
    for process in running:
        _, said = process.communicate(timeout=DEADLINE)
        assert (0, "") == (process.returncode, said)
    lines = list(Log.open(path).read())[before:]

    assert processes * times == len(lines)
    wanted = {(str(who), number) for who in range(processes) for number in range(times)}
    assert wanted == {(e["data"]["who"], e["data"]["n"]) for e in lines}
    assert [e["seq"] - 1 for e in lines] == [e["data"]["count"] for e in lines]
    assert (True, before + processes * times) == verify(path)[:2]


class TestManyWriters:
    """As many as there are, they make one chain."""

    def test_twelve_processes_lose_nothing(self, path: Path) -> None:
        """Twelve writers at once make one chain, and each line was judged by what stood before it."""
        all_at_once(path, 12, 10)

    @pytest.mark.slow
    def test_fifty_processes_lose_nothing(self, path: Path) -> None:
        """Fifty writers at once make one chain of two thousand lines."""
        all_at_once(path, 50, 40)

    @pytest.mark.parametrize(
        ("clerks", "times"), [(4, 5), pytest.param(50, 40, marks=pytest.mark.slow)], ids=["a few", "fifty"]
    )
    def test_commands_lose_nothing(self, clerks: int, times: int, office: Office) -> None:
        """Commands at once record each its own event, each under the number that it said; the chain holds."""
        told: dict[str, int] = {}
        with office.clerks(clerks) as working:
            for turn in range(times):
                for number, clerk in enumerate(working):
                    text = f"{number}-{turn}"
                    clerk.begin("--lock-timeout", "600", *NOTE, text, "--json")
                for number, clerk in enumerate(working):
                    said = clerk.end()
                    assert said.code == 0, said.err
                    told[f"{number}-{turn}"] = json.loads(said.out)["event"]["seq"]
        lines = list(Log.open(office.store).read())[office.lines :]

        assert told == {line["data"]["text"]: line["seq"] for line in lines}
        assert clerks * times == len(lines)
        assert verify(office.store).ok


class TestTwoAllocations:
    """Judging and appending are one turn."""

    @pytest.mark.parametrize("times", [15, pytest.param(200, marks=pytest.mark.slow)])
    def test_exactly_one_wins(self, times: int, office: Office) -> None:
        """Of two allocations of one case at once one is recorded, the other refused for the lead that it now has."""
        won: list[int] = []
        with office.clerks(2) as clerks:
            for number in range(times):
                case = f"R{number}"
                clerks[0].run(*f"refer {case} --source 1A --born 2015-06-01 --need N1 --on 2026-02-23".split())
                said = both_allocate(office.store, clerks, case)
                codes = [one.code for one in said]
                assert sorted(codes) == [0, 3], said
                won.append(codes.index(0))
                refused = said[codes.index(3)]
                assert "CORE-01" in refused.err
                assert "one lead" in refused.err
        leads = {
            line["case"]: line["data"]["to"] for line in Log.open(office.store).read() if line["kind"] == "allocate"
        }

        assert leads == {f"R{number}": f"sw{winner + 1}" for number, winner in enumerate(won)}
        assert office.lines + 2 * times == verify(office.store).lines


def both_allocate(store: Path, clerks: list[Clerk], case: str) -> list[Said]:
    """Have each of two clerks allocate *case* to somebody else, at the same time: both wait for the same lock."""
    with Log.open(store).writing(60):
        for clerk, lead in zip(clerks, ("sw1", "sw2"), strict=True):
            clerk.begin("allocate", case, "--to", lead, "--by", "tm1", "--on", "2026-02-24")
        time.sleep(0.03)
    return [clerk.end() for clerk in clerks]


class TestReaders:
    """They never wait, and never see half of anything."""

    @pytest.mark.parametrize("times", [4, pytest.param(60, marks=pytest.mark.slow)])
    def test_they_read_on_while_others_write(self, times: int, path: Path) -> None:
        """Each pass of a reader is a whole chain, no shorter than the last, and tells of nothing torn."""
        with ExitStack() as stack:
            readers = [stack.enter_context(start("read", path)) for _ in range(2)]
            for reader in readers:
                wait_for(reader, "ready")
            writers = [stack.enter_context(start("acknowledge", path, str(n), str(n))) for n in range(2)]
            for writer in writers:
                assert writer.stdout is not None
                for _ in range(times):
                    writer.stdout.readline()
            for writer in writers:
                writer.kill()
            told = [json.loads(reader.communicate(timeout=DEADLINE)[0]) for reader in readers]

        assert [[], []] == [one["faults"] for one in told]
        assert all(one["passes"] >= 3 for one in told)
        assert verify(path).ok

    def test_they_need_no_lock(self, office: Office) -> None:
        """Whatever only reads answers while another process holds the lock for good, and so does a dry run."""
        with office.clerks(1) as (clerk,), held_elsewhere(office.store):
            reading = (
                "list", "caseload", "show N1", "history N1", "next N1", "due", "audit", "verify",
                f"apply --dry-run {os.devnull}", "note N1 --text x --by tm1 --dry-run",
            )  # fmt: skip
            said = {line: clerk.run("--lock-timeout", "0", *line.split()) for line in reading}
            writing = clerk.run("--lock-timeout", "0", *NOTE, "x")

        assert dict.fromkeys(reading, 0) == {line: one.code for line, one in said.items()}, said
        assert writing.code == 6

    def test_a_line_is_read_before_its_writer_lets_go(self, path: Path) -> None:
        """What was appended is there for readers at once, lock or no lock."""
        with Log.open(path).writing(5) as writer:
            list(writer.read())
            writer.append([event(n=3)])

            assert [1, 2, 3] == numbers_in(path)
