"""The console's own pages about accounts: organizations, people, members, keys, oneself, the audit trail."""

from console.admin import (
    audit,
    audit_export,
    invitations,
    key_rotation,
    keys,
    members,
    organizations,
    people,
    profile,
    security,
    sign_ins,
    two_factor,
)

__all__ = [
    "audit",
    "audit_export",
    "invitations",
    "key_rotation",
    "keys",
    "members",
    "organizations",
    "people",
    "profile",
    "security",
    "sign_ins",
    "two_factor",
]
