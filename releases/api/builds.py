"""Reports of the build system, authenticated by the token of the order that they answer."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from releases.actions.builds import BuildReceipt, BuildReport, record_build_report
from releases.api.callbacks import Claim, DispatchToken
from releases.api.fields import Percent, Sequence, Text
from releases.domain.aggregation import CallbackStatus

router = Router(tags=["callbacks"], auth=DispatchToken())


class BuildBody(Schema):
    """What became of an order; ``sequence`` numbers the reports of one order."""

    order: UUID
    status: CallbackStatus
    percent: Percent | None = None
    message: Text = Field(default="", max_length=10_000)
    sequence: Sequence | None = None


class BuildReceiptAnswer(Schema):
    state: str
    duplicate: bool
    late: bool


@router.post("/builds/callbacks", response=BuildReceiptAnswer)
def report_build(request: HttpRequest, body: BuildBody) -> BuildReceipt:
    """Report what became of a build; 2xx means stored, anything else but 401 and 422 means repeat."""
    claim: Claim = request.auth  # type: ignore[attr-defined]
    report = BuildReport(
        order=body.order,
        status=body.status,
        percent=body.percent,
        message=body.message,
        sequence=body.sequence,
    )
    return record_build_report(report=report, token=claim.token)
