#!/bin/sh
# Ten cases from referral to closure under the Bristol protocol; every step takes its cases from a pipe.
set -eu
export CINCTL_TODAY=2026-07-03

cinctl init --protocol bristol
cinctl staff join csw1 --role consultant_social_worker --unit A --qualified --registered-until 2027-11-30 \
    --on 2020-01-06
cinctl staff join kw1 --role family_help_key_worker --unit A --background education \
    --practice-experience "nine years in a family hub" --training-plan "first-year topics" --on 2026-01-05
for topic in uk_law systemic_practice signs_of_safety case_recording parental_substance_misuse \
    assessment_and_analysis direct_work planning_and_reviews child_development working_together; do
    set -- "$@" --topic "$topic"
done
cinctl staff train kw1 "$@" --on 2026-01-30

all() { cinctl list --open -f ids; }    # the ids, one a line; a "-" after a command reads them

for month in 01 02 03 04 05 06 07 08 09 10; do
    cinctl refer --source 1A --born "2015-$month-01" --need N1 --on 2026-02-23
done | cinctl decide - --outcome section-17 --limb health-or-development --level level-4 --next-steps "assess" \
    --by csw1 --on 2026-02-24
all | cinctl map - --strengths "a close family" --needs "support" --next-steps "meet at home" --explore "routines" \
    --engage "through the school" --partners school --by csw1 --on 2026-02-24
all | cinctl allocate - --to kw1 --supervisor csw1 --rationale skills_experience="knows the school" \
    --rationale need_and_best_placed="support" --rationale s47_risk="none seen" --continuity "stays to the end" \
    --by csw1 --on 2026-02-24
all | cinctl direct - --focus "daily life" --see-child-by 2026-03-03 --complete-by 2026-04-10 --by csw1 --on 2026-02-24
all | cinctl assess - --start --by kw1 --on 2026-02-25
CINCTL_TODAY=2026-02-27 cinctl due --rule BRI-34 -f ids | cinctl visit - --seen child --alone --by kw1 --on 2026-02-27
all | cinctl supervise - --with kw1 --direction "go on" --by csw1 --on 2026-03-20
all | cinctl assess - --complete --finding "stable" --decision "a plan" --next-steps "draw it up" --interviewed child \
    --interviewed family --by kw1 --on 2026-04-08
all | cinctl approve - --what assessment --by csw1 --on 2026-04-09
all | cinctl plan - --part working_well="mornings" --part outcomes="at school each day" --review-on 2026-07-01 \
    --by kw1 --on 2026-04-10
all | cinctl approve - --what plan --by csw1 --on 2026-04-10
all | cinctl inform - --who family --who agencies --who referrer --about plan --by kw1 --on 2026-04-10
for day in 2026-04-20 2026-05-20 2026-06-19; do
    all | cinctl supervise - --with kw1 --direction "go on" --progress "as planned" --by csw1 --on $day
done
all | cinctl inform - --who family --about close --reason "the plan has worked" --by kw1 --on 2026-07-01
all | cinctl close - --reason RC7 --decision "close" --evidence "attendance" --early-help considered --signed-by csw1 \
    --by kw1 --on 2026-07-01

cinctl list -f ids | cinctl audit - --fail-on warn      # exit 1 if anything were amiss on these cases
cinctl list --state closed -f ids
