#!/bin/sh
# overdue_mail.sh FOLDER ADDRESS: mails what is overdue on the cases in FOLDER; mails too when that could not be told.
# For cron, which has a PATH of its own, so say where cinctl is:
#   0 7 * * 1-5  CINCTL=$HOME/cinctl-env/bin/cinctl sh overdue_mail.sh /srv/duty duty@authority.example
set -u

cd "$1" || exit 6
page=$(mktemp) || exit 6            # private: only its owner can read it
trap 'rm -f "$page"' EXIT

"${CINCTL:-cinctl}" due --overdue --exit-code --columns case,rule,what,owner,due,late,late_unit > "$page" 2>&1
code=$?
case $code in
    0) ;;                           # nothing is overdue: no mail
    1) mail -s "Overdue today" "$2" < "$page" && exit 0; exit 6 ;;
    *) mail -s "What is overdue could not be told (exit $code)" "$2" < "$page"; exit $code ;;
esac
