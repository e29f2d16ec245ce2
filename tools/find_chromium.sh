#!/bin/sh
# find_chromium.sh PYTHON: prints the path of a Chromium to test in: $CHROMIUM, one on PATH, else one fetched by the
# Playwright of PYTHON, or on Debian, as root, by apt-get. What the fetching says goes to stderr.
set -u

usable() { "$1" --version >/dev/null 2>&1; }

on_path() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        found=$(command -v "$name") && usable "$found" && echo "$found" && return 0
    done
    return 1
}

fetched() {
    "$1" -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as found: print(found.chromium.executable_path)'
}

if [ -n "${CHROMIUM:-}" ]; then
    usable "$CHROMIUM" && echo "$CHROMIUM" && exit 0
    echo "CHROMIUM=$CHROMIUM does not start" >&2
    exit 1
fi
on_path && exit 0
path=$(fetched "$1") && usable "$path" && echo "$path" && exit 0
timeout 600 "$1" -m playwright install chromium >&2 && usable "$path" && echo "$path" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update >&2 && apt-get install --yes chromium >&2 && on_path && exit 0
fi
echo "no Chromium to test in: install one, or name it with CHROMIUM=/path/to/chromium" >&2
exit 1
