"""The Standard Safeguarding Dataset: its tables as far as the log can fill them, their columns in its order and words.

What stands in a cell is text: a day as T-SQL reads it whatever its language, a flag as Y or N, outcomes as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from cinctl.exports.leaving import Column

__all__ = ["DISABILITY", "TABLES", "day", "flag", "flags"]

_COLUMNS: Mapping[str, str] = {
    "ssd_person": "pers_legacy_id pers_person_id pers_upn pers_forename pers_surname pers_sex pers_gender"
    " pers_ethnicity pers_dob pers_single_unique_id pers_upn_unknown pers_send_flag pers_expected_dob"
    " pers_death_date pers_is_mother pers_nationality",
    "ssd_family": "fami_table_id fami_family_id fami_person_id",
    "ssd_disability": "disa_table_id disa_person_id disa_disability_code",
    "ssd_contacts": "cont_contact_id cont_person_id cont_contact_date cont_contact_source_code"
    " cont_contact_source_desc cont_contact_outcome_json",
    "ssd_cin_episodes": "cine_referral_id cine_person_id cine_referral_date cine_cin_primary_need_code"
    " cine_referral_source_code cine_referral_source_desc cine_referral_outcome_json cine_referral_nfa"
    " cine_close_reason cine_close_date cine_referral_team cine_referral_worker_id",
    "ssd_cin_assessments": "cina_assessment_id cina_person_id cina_referral_id cina_assessment_start_date"
    " cina_assessment_child_seen cina_assessment_auth_date cina_assessment_outcome_json"
    " cina_assessment_outcome_nfa cina_assessment_team cina_assessment_worker_id",
    "ssd_assessment_factors": "cinf_table_id cinf_assessment_id cinf_assessment_factors_json",
    "ssd_cin_plans": "cinp_cin_plan_id cinp_referral_id cinp_person_id cinp_cin_plan_start_date"
    " cinp_cin_plan_end_date cinp_cin_plan_team cinp_cin_plan_worker_id",
    "ssd_cin_visits": "cinv_cin_visit_id cinv_person_id cinv_cin_visit_date cinv_cin_visit_seen"
    " cinv_cin_visit_seen_alone cinv_cin_visit_bedroom",
    "ssd_s47_enquiry": "s47e_s47_enquiry_id s47e_referral_id s47e_person_id s47e_s47_start_date s47e_s47_end_date"
    " s47e_s47_nfa s47e_s47_outcome_json s47e_s47_completed_by_team s47e_s47_completed_by_worker_id",
    "ssd_initial_cp_conference": "icpc_icpc_id icpc_icpc_meeting_id icpc_s47_enquiry_id icpc_person_id"
    " icpc_cp_plan_id icpc_referral_id icpc_icpc_transfer_in icpc_icpc_target_date icpc_icpc_date"
    " icpc_icpc_outcome_cp_flag icpc_icpc_outcome_json icpc_icpc_team icpc_icpc_worker_id",
    "ssd_cp_plans": "cppl_cp_plan_id cppl_referral_id cppl_icpc_id cppl_person_id cppl_cp_plan_start_date"
    " cppl_cp_plan_end_date cppl_cp_plan_ola cppl_cp_plan_initial_category cppl_cp_plan_latest_category",
    "ssd_cp_visits": "cppv_cp_visit_id cppv_person_id cppv_cp_plan_id cppv_cp_visit_date cppv_cp_visit_seen"
    " cppv_cp_visit_seen_alone cppv_cp_visit_bedroom",
    "ssd_cp_reviews": "cppr_cp_review_id cppr_person_id cppr_cp_plan_id cppr_cp_review_due cppr_cp_review_date"
    " cppr_cp_review_meeting_id cppr_cp_review_outcome_continue_cp cppr_cp_review_quorate"
    " cppr_cp_review_participation",
    "ssd_involvements": "invo_involvements_id invo_professional_id invo_professional_role_id"
    " invo_professional_team invo_person_id invo_involvement_start_date invo_involvement_end_date"
    " invo_worker_change_reason invo_referral_id",
    "ssd_professionals": "prof_professional_id prof_staff_id prof_professional_name"
    " prof_social_worker_registration_no prof_agency_worker_flag prof_professional_job_title"
    " prof_professional_caseload prof_professional_department prof_full_time_equivalency",
    "ssd_department": "dept_team_id dept_team_name dept_team_parent_id dept_team_parent_name",
}
TABLES: Mapping[str, tuple[Column, ...]] = {
    name: tuple(Column(column, "text") for column in columns.split()) for name, columns in _COLUMNS.items()
}
"""Of each table its columns, in the order of the dataset."""

DISABILITY = "ssd_disability"
"""The table that holds characteristics and nothing else."""


def day(value: date | None) -> str | None:
    """Return *value* as a `datetime` of the dataset: the beginning of that day."""
    return None if value is None else f"{value.isoformat()}T00:00:00"


def flag(value: bool | None) -> str | None:
    """Return *value* as a flag of the dataset; None where nobody said."""
    return None if value is None else "Y" if value else "N"


def flags(values: Mapping[str, bool]) -> str:
    """Return outcomes as the dataset has them: one JSON object, for each of them whether it was one."""
    return json.dumps({f"{name}_FLAG": flag(value) for name, value in values.items()})
