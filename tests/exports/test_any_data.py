"""Whatever stands in a payload: it leaves as its spec has it, or not at all."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cinctl.events import KINDS
from cinctl.exports.leaving import Outward, columns_of
from cinctl.history import Event
from cinctl.masking import Mask
from tests.exports.full import MARK, Filled

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(f"{MARK}text") | st.just("2026-01-23"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(f"{MARK}key"), inner, max_size=2),
    max_leaves=4,
)
FULL = [full for kind in KINDS.values() for full in kind.full_names()]
PYTHON = {"date": date, "flag": bool, "number": int, "list": list, "text": str}


@given(st.data(), st.sampled_from(FULL), st.booleans())
def test_any_payload(filled: Filled, data: st.DataObject, full: str, characteristics: bool) -> None:
    """No payload, however wrong, is an error or shows an id; each value is of the type of its column."""
    fields = KINDS[full.partition(".")[0]].fields
    said: dict[str, Any] = data.draw(st.fixed_dictionaries(dict.fromkeys(fields, JSON)))
    # A unit stands as it is.
    said = {name: value for name, value in said.items() if fields[name].holds != "unit"}
    event = Event(seq=1, kind=full, case="R1", at="2026-01-23", by=None, data=said)
    outward = Outward(Mask(b"thirty-two bytes are quite enough"), filled.rules, characteristics=characteristics)

    shown = dict(outward.fields(event))

    types = {column.name: PYTHON[column.type] for column in columns_of(event.base, characteristics=characteristics)}
    assert {name: types[name] for name in shown} == {name: type(value) for name, value in shown.items()}
    assert MARK not in str(shown)
