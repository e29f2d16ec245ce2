#!/bin/sh
# overdue_mail.sh FOLDER ADDRESS: mails what is overdue on the cases in FOLDER; mails too when that could not be told.
# For cron, which has a PATH of its own, so say where cinctl is:
#   0 7 * * 1-5  CINCTL=$HOME/cinctl-env/bin/cinctl sh overdue_mail.sh /srv/duty duty@authority.example
set -u
folder=$1 address=$2

page=$({
    cd "$folder" || exit 6
    "${CINCTL:-cinctl}" due --overdue --exit-code --columns case,rule,what,owner,due,late,late_unit
} 2>&1)
code=$?
# A Python that cannot start cinctl exits with 1 as well, but prints no table.
[ $code -ne 1 ] || printf '%s\n' "$page" | grep -q '^case ' || code=70
case $code in
    0) exit 0 ;;                    # nothing is overdue: no mail
    1) subject="Overdue today" ;;
    *) subject="What is overdue could not be told (exit $code)" ;;
esac
printf '%s\n' "$page" | mail -s "$subject" "$address" || exit 6
[ $code -eq 1 ] || exit $code
