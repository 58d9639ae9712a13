from annotate.models.annotation import Annotation, DeletionForbidden, Kind, Span, State
from annotate.models.change import Action, AppendOnlyError, Change
from annotate.models.claim import CheckWorthiness, Claim, ClaimType, Verdict
from annotate.models.entity_tag import Certainty, EntityTag
from annotate.models.note import Note
from annotate.models.project_articles import filter_by_project
from annotate.models.rename import Rename
from annotate.models.source_link import SourceLink, Stance

# The model of each kind.
MODELS: dict[str, type[Annotation]] = {
    model.KIND: model for model in (Claim, EntityTag, SourceLink, Note)
}

__all__ = [
    "MODELS",
    "Action",
    "Annotation",
    "AppendOnlyError",
    "Certainty",
    "Change",
    "CheckWorthiness",
    "Claim",
    "ClaimType",
    "DeletionForbidden",
    "EntityTag",
    "Kind",
    "Note",
    "Rename",
    "SourceLink",
    "Span",
    "Stance",
    "State",
    "Verdict",
    "filter_by_project",
]
