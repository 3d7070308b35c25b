"""What a reason rests on is named for everybody, and linked for whoever may edit it."""

from __future__ import annotations

import pytest
from django.urls import resolve

from releases.templatetags.board import evidence, evidence_link

EDITED_AT = {
    "row": ("approved row", "compatibilityrow"),
    "constraint": ("rule", "constraint"),
    "denial": ("denial", "denial"),
    "failure": ("verified failure", "verifiedfailure"),
    "contract": ("contract", "contract"),
    "breaking_change": ("breaking change", "breakingchange"),
    "requirement": ("requirement", "serviceversion"),
    "observation": ("observation", "observation"),
}


@pytest.mark.parametrize("kind", EDITED_AT)
def test_every_kind_of_evidence_leads_to_its_place_in_the_admin(kind: str) -> None:
    label, model = EDITED_AT[kind]
    address = f"/admin/releases/{model}/7/change/"

    assert str(evidence_link(f"{kind}:7")) == f'<a href="{address}">{label} 7</a>'
    assert resolve(address).url_name == f"releases_{model}_change"


@pytest.mark.parametrize("kind", EDITED_AT)
def test_who_may_not_edit_reads_its_name(kind: str) -> None:
    assert str(evidence(f"{kind}:7", "")) == f"{EDITED_AT[kind][0]} 7"


def test_several_pieces_are_listed() -> None:
    assert str(evidence("row:3,row:4", "")) == "approved row 3, approved row 4"


def test_what_an_edit_would_bring_has_no_place_yet() -> None:
    assert str(evidence("constraint:-1", "yes")) == "the new rule"


def test_an_unknown_kind_is_shown_as_it_is_and_escaped() -> None:
    assert str(evidence("<b>:1", "yes")) == "&lt;b&gt;:1"
