"""How fast cinctl is, as ratios to yardsticks that ran beside it in the same minutes on the same machine.

`python -m bench` measures, prints one table, writes bench/results.json and the table in README.md. Only the standard
library is used, and cinctl itself only as a command, installed plainly into an environment of its own.
"""
