"""The examples in every -h can be typed as they stand: in a store of their own, each exits as it is meant to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cinctl.answers import answer_of
from tests.cli.test_cli_help import EVERY
from tests.cli.told import Place

PROTOCOLS = ("bristol", "torbay", "hampshire")
"""An example of a step means something under at least one of these."""
REFUSED = 3
ELSEWHERE = {
    "cinctl seal -o /mnt/elsewhere/2026-03-02.seal": "needs another disk",
    "cinctl protocol new": "asks questions on a terminal",
    "cinctl seal -o today.seal --key ~/.ssh/id_ed25519": "needs somebody's key",
    "cinctl verify --seal today.seal --allowed-signers signers --signer tm1@authority.example": "needs somebody's key",
    'eval "$(cinctl completion zsh)"': "is for another shell",
    "cinctl board --serve": "goes on until it is told to end",
    "cinctl due --unit A --watch": "goes on until it is told to end, on a terminal",
}
"""What is not typed here, and why."""
CODES = {"cinctl audit": (0, 1), "cinctl protocol test": (0, 1)}
"""What else than done is told of these commands."""
TOOLS = ("jq", "dot")

SHOWN = [(path, example) for path, command in EVERY.items() for example in command.examples]  # type: ignore[attr-defined]
EXAMPLES = [(path, example) for path, example in SHOWN if example not in ELSEWHERE]


@pytest.fixture(scope="module", name="place")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Place]:
    """Return what makes, once for each, the place under a protocol."""
    made: dict[str, Place] = {}

    def under(protocol: str) -> Place:
        if protocol not in made:
            # kept before it is filled: where that fails it is not tried again for every example
            made[protocol] = Place(tmp_path_factory.mktemp(protocol), protocol)
            made[protocol].fill()
        return made[protocol]

    return under


def _codes(path: tuple[str, ...], example: str) -> tuple[int, ...]:
    """Return the codes with which *example* may exit: that a protocol refuses a step there is no fault of it."""
    answer = answer_of(" ".join(path))
    if answer is not None and answer.name == "step":
        return (0, REFUSED)
    return next((codes for start, codes in CODES.items() if example.startswith(start)), (0,))


def _cleared(place: Place, example: str) -> Place:
    """Take away what *example* makes anew."""
    folder = place.folder
    if " init " in example:
        (folder / "cinctl.toml").unlink()
    if any(word in example for word in (" init ", " refer R1 ", " staff join ")):
        (folder / "cases.jsonl").unlink()
    if any(word in example for word in (" refer R1 ", " staff join ")):
        place.must("cinctl init")
    for name in ("-o ours.toml", "-o annex-a.xlsx"):
        if name in example:
            (folder / name.removeprefix("-o ")).unlink()
    return place


def _tried(place: Callable[[str], Place], folder: Path, path: tuple[str, ...], example: str) -> Iterator[str]:
    """Yield what was wrong with *example* under each protocol, until nothing is."""
    for protocol in PROTOCOLS:
        code, said = _cleared(place(protocol).copy(folder / protocol), example).run(example)
        if code in _codes(path, example):
            return
        yield f"{protocol}: exit {code}: {said}"


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a shell of Unix")
@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_example(
    place: Callable[[str], Place],
    tmp_path: Path,
    path: tuple[str, ...],
    example: str,
) -> None:
    """It is done, or, of a step, refused by a protocol; never wrong usage, and never a code that is not told."""
    for tool in TOOLS:
        if f"| {tool} " in example and place("bristol").type(f"command -v {tool}").returncode:
            pytest.skip(f"there is no {tool} here")
    wrong = list(_tried(place, tmp_path, path, example))

    assert len(wrong) < len(PROTOCOLS), "\n".join(wrong)


def test_what_is_not_typed_is_still_there() -> None:
    """Each example that is left out above still stands in some help."""
    assert set(ELSEWHERE) <= {example for _, example in SHOWN}
