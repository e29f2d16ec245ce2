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
show "cinctl init --protocol bristol -f ids"
show "cinctl import census return.xml"

say "What is overdue, and the first of it in full:"
show "cinctl due --overdue --columns case,what,owner,due,late,late_unit | head -n 8"
first=$(cinctl due --overdue -f ids 2>/dev/null | head -n 1)
show "cinctl show $first --columns case,state,need,referred"

say "How the year stands against the protocol, by rule:"
show "cinctl audit --fail-on never -f tsv --columns level,rule | sed 1d | sort | uniq -c"

say "And a team that records with cinctl from the referral on (synthetic too):"
mkdir team
cd team
show "cinctl init --protocol bristol -f ids"
show "cinctl demo --cases 30"
show "cinctl due --within 5wd --columns case,rule,what,owner,due,status | head -n 10"
show "cinctl caseload"
show "cinctl audit --fail-on never -f tsv --columns level,rule | sed 1d | sort | uniq -c | sort -rn | head -n 6"
printf '\nLook further: cd %s; export CINCTL_TODAY=%s; cinctl -h\n' "$folder" "$CINCTL_TODAY"
