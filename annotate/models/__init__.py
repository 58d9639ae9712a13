"""Projects, annotations of every kind, registries, the change log and who is told of it."""

from annotate.models.annotation import Annotation, AnnotationIsKept, Kind, Span, State
from annotate.models.assignment import Assignment
from annotate.models.carrying import Carrying, Decision
from annotate.models.carrying_run import CarryingRun, RunState
from annotate.models.change import Action, Change, ChangeIsKept
from annotate.models.claim import CheckWorthiness, Claim, ClaimType, Verdict
from annotate.models.entity import Entity, EntityAlias, EntityType, ExternalId
from annotate.models.entity_tag import Certainty, EntityTag
from annotate.models.note import Note
from annotate.models.project import WRITERS, Membership, Project, Role, Tag, TagSet
from annotate.models.source import Source, SourceLink, Stance
from annotate.models.token import ApiToken, Scope
from annotate.models.webhook import Attempt, Delivery, DeliveryState, Webhook

__all__ = [
    "WRITERS",
    "Action",
    "Annotation",
    "AnnotationIsKept",
    "ApiToken",
    "Assignment",
    "Attempt",
    "Carrying",
    "CarryingRun",
    "Certainty",
    "Change",
    "ChangeIsKept",
    "CheckWorthiness",
    "Claim",
    "ClaimType",
    "Decision",
    "Delivery",
    "DeliveryState",
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
    "RunState",
    "Scope",
    "Source",
    "SourceLink",
    "Span",
    "Stance",
    "State",
    "Tag",
    "TagSet",
    "Verdict",
    "Webhook",
]
