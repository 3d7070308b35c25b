"""What single sign-on must be told, judged before the board starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bookverse.addresses import host_of, is_this_machine
from bookverse.sso.mapping import pairs_of
from releases.domain.access import Role, is_role_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What allauth's table of known people has room for.
LONGEST_ISSUER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSignOn:
    """What is judged; ``may_be_local`` on a board that is tried out on one machine."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    roles: tuple[str, ...] = ()
    only: bool = False
    may_be_local: bool = False

    @property
    def is_told(self) -> bool:
        """Tell whether anything was said of it."""
        return bool(self.issuer or self.client_id or self.client_secret or self.roles or self.only)


def _issuer(told: SingleSignOn) -> str:
    if not told.issuer:
        return (
            "SSO_ISSUER is empty, though other settings of single sign-on are set: "
            "set it to the provider's issuer, or leave all of SSO_* out."
        )
    parts = urlsplit(told.issuer)
    local = told.may_be_local and parts.scheme == "http" and is_this_machine(host_of(told.issuer))
    if not host_of(told.issuer) or not (parts.scheme == "https" or local) or parts.query or parts.fragment:
        return (
            f"SSO_ISSUER is {told.issuer}, which anybody on the way could answer for: "
            "set it to the https address that the provider calls its issuer."
        )
    if len(told.issuer) > LONGEST_ISSUER:
        return f"SSO_ISSUER is longer than {LONGEST_ISSUER} characters: set it to a shorter address of the provider."
    return ""


def _client_id(told: SingleSignOn) -> str:
    return "" if told.client_id else "SSO_CLIENT_ID is empty: set it to the id that the provider gave this board."


def _client_secret(told: SingleSignOn) -> str:
    if told.client_secret:
        return ""
    return "SSO_CLIENT_SECRET is empty: set it (or SSO_CLIENT_SECRET_FILE) to what the provider gave this board."


def _roles(told: SingleSignOn) -> str:
    for said, group in pairs_of(told.roles):
        if not said:
            return f"SSO_ROLES has {group or 'an empty entry'} without what the provider says: write it as group=role."
        if not is_role_group(group):
            return (
                f"SSO_ROLES gives {said} the role {group or 'of no name'}, which there is not: use one of "
                f"{', '.join(Role)}, or one in a single stage, as in approver: PROD."
            )
    return ""


SSO_RULES: Mapping[str, Callable[[SingleSignOn], str]] = {
    "SSO_ISSUER": _issuer,
    "SSO_CLIENT_ID": _client_id,
    "SSO_CLIENT_SECRET": _client_secret,
    "SSO_ROLES": _roles,
}
