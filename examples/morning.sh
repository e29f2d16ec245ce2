#!/bin/sh
# morning.sh [FOLDER]: what a duty manager might look at first, on a year's census return of a synthetic authority.
# Needs cinctl on PATH. FOLDER (default demo) is made anew each time; what is in it stays, to be looked at further.
set -eu

folder=${1:-demo}
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
unset CINCTL_STORE CINCTL_PROTOCOL CINCTL_CONFIG CINCTL_ACTOR
export CINCTL_TODAY=2026-03-31

say() { printf '\n%s\n' "$*"; }
show() { printf '$ %s\n' "$*"; sh -c "$*" 2>&1; }

echo "A whole authority, from its Children in Need census return. Today is Tue 31 Mar 2026."
cp "$here/census_2026_synthetic.xml" return.xml
show "cinctl init --protocol bristol --columns protocol,created"
show "cinctl import census return.xml"

say "What is overdue, and what is known of the first:"
show "cinctl due --overdue --columns case,rule,clause,owner,due,late,late_unit | head -n 8"
show "cinctl due --overdue -f ids | head -n 1 | cinctl history - --columns at,kind,data"

say "How the year stands against the protocol, by rule:"
show "cinctl audit --fail-on never -f tsv --columns level,rule | sed 1d | sort | uniq -c"

say "And a team that records with cinctl from the referral on (synthetic too):"
mkdir team
cd team
cinctl init --protocol bristol > /dev/null
show "cinctl demo --cases 30"
show "cinctl due --within 5wd --columns case,rule,owner,due,status,late | head -n 9"
show "cinctl caseload --columns unit,lead,cases,overdue,due_soon | head -n 7"
show "cinctl audit --fail-on never -f tsv --columns level,rule | sed 1d | sort | uniq -c | sort -rn | head -n 5"
say "Look further, in this terminal:"
printf '  cd %s/team; export CINCTL_TODAY=%s PATH="%s:$PATH"; cinctl due --overdue\n' \
    "$folder" "$CINCTL_TODAY" "$(dirname "$(command -v cinctl)")"
