"""Run the sector's validator of Children in Need returns over files; print, as JSON, which rules fire how often.

    build/interop/venv/bin/python tools/run_cin_validator.py cin2025_26 RETURN.xml...

It runs in an environment of its own (see `make interop`): the validator pins an old pandas. A rule that fails by itself
counts as passed there; here it is told apart.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any


def judged(path: str, rules: Any) -> dict[str, Any]:
    """Return which of *rules* fire on the return at *path*, and which of them fail by themselves."""
    validator: Any = importlib.import_module("cin_validator.cin_validator")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tables = validator.process_data(validator.convert_data(ET.parse(path).getroot()))
        result = validator.CinValidator(tables, rules)
    fired: Counter[str] = Counter()
    if len(result.full_issue_df):
        fired.update(str(code) for code in result.full_issue_df["rule_code"])
    if len(result.multichild_issues):
        fired.update(str(code) for code in result.multichild_issues["rule_code"])
    crashed = sorted(set(re.findall(r"Error with rule (\w+):", said.getvalue())))
    return {"fired": dict(sorted(fired.items())), "crashed": crashed}


def main() -> None:
    """Judge each file that is named."""
    warnings.simplefilter("ignore")
    ruleset, *paths = sys.argv[1:]
    rules = importlib.import_module(f"cin_validator.rules.{ruleset}").registry
    sys.stdout.write(json.dumps({path: judged(path, rules) for path in paths}) + "\n")


if __name__ == "__main__":
    main()
