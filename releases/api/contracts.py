"""Contracts: are they kept by a set of versions, and what do the deployed services answer to their probes?"""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from releases.actions.probing import request_probing
from releases.api.answers import ProbingAnswer
from releases.api.authentication import actor_behind
from releases.api.bodies import ContractsBody
from releases.api.plan_answers import ContractCheckAnswer
from releases.domain.documents import reason_document
from releases.models import ProbeRound
from releases.queries.contracts import contract_check

router = Router(tags=["contracts"])


@router.post("/contracts/check", response=ContractCheckAnswer)
def check(request: HttpRequest, body: ContractsBody) -> dict[str, object]:
    """Are all contracts kept? What nobody knows is a violation: no document, nothing analysed, never probed."""
    checked = contract_check(body.versions)
    return {
        "results": [reason_document(reason) for reason in checked.report.results],
        "all_valid": checked.report.all_valid,
        "violations": [reason_document(reason) for reason in checked.report.violations],
        "versions": checked.versions,
    }


@router.post("/probes", response={202: ProbingAnswer})
def probe(request: HttpRequest) -> ProbeRound:
    """Probe everything that is deployed, or join the round that is on its way."""
    return request_probing(actor=actor_behind(request))
