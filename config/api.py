"""The addresses of the API: one router over both apps."""

from rest_framework.routers import DefaultRouter

from annotate.api import views as annotate
from annotate.api.carryings import CarryingViewSet
from annotate.api.changes import ChangeViewSet
from articles.api import views as articles

router = DefaultRouter(use_regex_path=False)
# One address for each thing; `Accept` says in which form.
router.include_format_suffixes = False
router.register("articles", articles.ArticleViewSet)
router.register("versions", articles.VersionViewSet)
router.register("projects", annotate.ProjectViewSet)
router.register("annotations", annotate.AnnotationViewSet)
router.register("claims", annotate.ClaimViewSet)
router.register("entity-tags", annotate.EntityTagViewSet)
router.register("source-links", annotate.SourceLinkViewSet)
router.register("notes", annotate.NoteViewSet)
router.register("changes", ChangeViewSet)
router.register("carryings", CarryingViewSet)
router.register("entities", annotate.EntityViewSet)
router.register("sources", annotate.SourceViewSet)
