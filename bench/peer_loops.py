"""What DuckDB and pm4py are asked, in their own environment; run as a script.

python bench/peer_loops.py version MODULE    print its version
python bench/peer_loops.py duckdb LOG        the last event of every case, by DuckDB's read_json
python bench/peer_loops.py pm4py LOG         conformance with two DECLARE rules, read by pyarrow
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def version(module: str) -> None:
    """Print the version of *module*."""
    from importlib.metadata import version as of

    sys.stdout.write(of(module) + "\n")


def duckdb(path: str) -> None:
    """Write the last event of every case of the log at *path*, and how many it has."""
    import duckdb as engine

    query = """
        SELECT "case", max(seq), arg_max(kind, seq), arg_max("at", seq), count(*)
        FROM read_json(?, format = 'newline_delimited', columns = {'seq': 'BIGINT', 'kind': 'VARCHAR',
                       'case': 'VARCHAR', 'at': 'VARCHAR'})
        WHERE "case" IS NOT NULL GROUP BY "case" ORDER BY "case"
    """
    for row in engine.execute(query, [path]).fetchall():
        sys.stdout.write("\t".join(map(str, row)) + "\n")


def pm4py(path: str) -> None:
    """Write how many cases of the log at *path* keep to two rules of DECLARE."""
    import pandas as pd
    import pm4py as miner
    import pyarrow as pa
    from pyarrow import json as reader

    wanted = pa.schema([("kind", pa.string()), ("case", pa.string()), ("at", pa.string())])
    options = reader.ParseOptions(explicit_schema=wanted, unexpected_field_behavior="ignore")
    frame = reader.read_json(path, parse_options=options).to_pandas().dropna(subset=["case"])
    frame["at"] = pd.to_datetime(frame["at"].str.slice(0, 10), utc=True)
    named = {"case": "case:concept:name", "kind": "concept:name", "at": "time:timestamp"}
    frame = frame.rename(columns=named)
    rules = {
        "precedence": {("refer", "decide"): {"support": 1.0, "confidence": 1.0}},
        "response": {("allocate", "visit"): {"support": 1.0, "confidence": 1.0}},
    }
    found = miner.conformance_declare(frame, rules)
    sys.stdout.write(f"{sum(bool(case['is_fit']) for case in found)} of {len(found)}\n")


def main(arguments: Sequence[str]) -> None:
    """Run what is named first on what follows."""
    {"version": version, "duckdb": duckdb, "pm4py": pm4py}[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
