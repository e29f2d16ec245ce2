#!/bin/sh
# make_venv.sh FOLDER: makes a virtual environment there with the newest Python 3.11+ at hand, unless a working one stands there.
set -eu

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

usable "$1/bin/python" && "$1/bin/python" -m pip --version >/dev/null 2>&1 && exit 0

for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if usable "$name"; then
        "$name" -m venv --clear "$1" && exit 0
        echo "$name cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)" >&2
        exit 1
    fi
done
echo "cinctl needs Python 3.11 or newer, and none was found on PATH; PYTHON=/path/to/python make ... names one" >&2
exit 1
