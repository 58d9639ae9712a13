"""Projects, annotations of every kind, the registries they point to, and the change log."""

from annotate.models.annotation import Annotation, AnnotationIsKept, Kind, Span, State
from annotate.models.assignment import Assignment
from annotate.models.carrying import Carrying, Decision
from annotate.models.change import Action, Change, ChangeIsKept
from annotate.models.claim import CheckWorthiness, Claim, ClaimType, Verdict
from annotate.models.entity import Entity, EntityAlias, EntityType, ExternalId
from annotate.models.entity_tag import Certainty, EntityTag
from annotate.models.note import Note
from annotate.models.project import WRITERS, Membership, Project, Role, Tag, TagSet
from annotate.models.source import Source, SourceLink, Stance
from annotate.models.token import ApiToken

__all__ = [
    "WRITERS",
    "Action",
    "Annotation",
    "AnnotationIsKept",
    "ApiToken",
    "Assignment",
    "Carrying",
    "Certainty",
    "Change",
    "ChangeIsKept",
    "CheckWorthiness",
    "Claim",
    "ClaimType",
    "Decision",
    "Entity",
    "EntityAlias",
    "EntityTag",
    "EntityType",
    "ExternalId",
    "Kind",
    "Membership",
    "Note",
    "Project",
    "Role",
    "Source",
    "SourceLink",
    "Span",
    "Stance",
    "State",
    "Tag",
    "TagSet",
    "Verdict",
]
