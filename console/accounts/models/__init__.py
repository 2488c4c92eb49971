from console.accounts.models.access_key import AccessKey
from console.accounts.models.audit_entry import AuditEntry
from console.accounts.models.invitation import Invitation
from console.accounts.models.notice import EventName, Notice, NoticeMail, ProjectEvent
from console.accounts.models.organization import Membership, Organization, Project
from console.accounts.models.second_factor import RecoveryCode, SecondFactor
from console.accounts.models.session import Session
from console.accounts.models.user import User

__all__ = [
    "AccessKey",
    "AuditEntry",
    "EventName",
    "Invitation",
    "Membership",
    "Notice",
    "NoticeMail",
    "Organization",
    "Project",
    "ProjectEvent",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "User",
]
