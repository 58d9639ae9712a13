"""Annotations of every kind and the change log."""

from annotate.models.annotation import Annotation, AnnotationIsKept, Kind, Span, State
from annotate.models.change import Action, Change, ChangeIsKept
from annotate.models.claim import CheckWorthiness, Claim, ClaimType, Verdict
from annotate.models.entity_tag import Certainty, EntityTag
from annotate.models.note import Note
from annotate.models.source_link import SourceLink, Stance

__all__ = [
    "Action",
    "Annotation",
    "AnnotationIsKept",
    "Certainty",
    "Change",
    "ChangeIsKept",
    "CheckWorthiness",
    "Claim",
    "ClaimType",
    "EntityTag",
    "Kind",
    "Note",
    "SourceLink",
    "Span",
    "Stance",
    "State",
    "Verdict",
]
