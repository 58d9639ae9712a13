"""The routes of the API: one router for the resources of all apps."""

from typing import Any

from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from annotate.api.articles import AnnotatedArticleViewSet
from annotate.api.bulk import BulkAnnotationViewSet
from annotate.api.changes import ChangeViewSet
from annotate.api.views import ClaimViewSet, EntityTagViewSet, NoteViewSet, SourceLinkViewSet
from annotate.projects.api import ProjectViewSet
from annotate.reanchoring.api import ReanchoringViewSet
from annotate.registry.api import EntityViewSet, SourceViewSet
from annotate.search.api import SearchViewSet
from annotate.webhooks.api import DeliveryViewSet, WebhookViewSet
from articles.api.views import VersionViewSet
from articles.feeds.api import FeedEntryViewSet, FeedViewSet
from articles.imports.api import ImportRowErrorViewSet, ImportViewSet
from config.api.filters import ACTION_PARAMETERS, check_parameters


class PressmarkApi(APIRootView):
    """Annotated news: articles, annotations of them, and the log of all changes."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List the resources, and link to the description of the API (RFC 8631)."""
        check_parameters(request, ACTION_PARAMETERS)
        response = super().get(request, *args, **kwargs)
        links = {"service-desc": "schema", "service-doc": "api-docs"}
        response["Link"] = ", ".join(
            f'<{reverse(name, request=request)}>; rel="{rel}"' for rel, name in links.items()
        )
        return response


router = DefaultRouter(use_regex_path=False)
router.APIRootView = PressmarkApi
# One URL for each resource; `Accept` chooses the format.
router.include_format_suffixes = False
router.register("articles", AnnotatedArticleViewSet)
router.register("versions", VersionViewSet)
router.register("feeds", FeedViewSet)
router.register("feeds/<uuid:feed>/entries", FeedEntryViewSet)
router.register("projects", ProjectViewSet)
router.register("annotations", BulkAnnotationViewSet)
router.register("claims", ClaimViewSet)
router.register("entity-tags", EntityTagViewSet)
router.register("source-links", SourceLinkViewSet)
router.register("notes", NoteViewSet)
router.register("changes", ChangeViewSet)
router.register("search", SearchViewSet, basename="search")
router.register("reanchorings", ReanchoringViewSet)
router.register("entities", EntityViewSet)
router.register("sources", SourceViewSet)
router.register("webhooks", WebhookViewSet)
router.register("webhooks/<uuid:webhook>/deliveries", DeliveryViewSet)
router.register("imports", ImportViewSet)
router.register("imports/<uuid:parent>/errors", ImportRowErrorViewSet)
