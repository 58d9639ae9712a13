"""The addresses of the API: one router over both apps."""

from typing import Any

from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from annotate.api import views as annotate
from annotate.api.articles import AnnotatedArticleViewSet
from annotate.api.bulk import BulkAnnotationViewSet
from annotate.api.changes import ChangeViewSet
from annotate.reanchoring.api import ReanchoringViewSet
from annotate.search.api import SearchViewSet
from annotate.webhooks.api import DeliveryViewSet, WebhookViewSet
from articles.api import views as articles
from articles.feeds.api import FeedEntryViewSet, FeedViewSet
from articles.imports.api import ImportRowErrorViewSet, ImportViewSet


class PressmarkApi(APIRootView):
    """Annotated news: articles, what is said of them, and everything that was done."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Name every collection, and where the API is described (RFC 8631)."""
        response = super().get(request, *args, **kwargs)
        ways = {"service-desc": "schema", "service-doc": "api-docs"}
        response["Link"] = ", ".join(
            f'<{reverse(name, request=request)}>; rel="{rel}"' for rel, name in ways.items()
        )
        return response


router = DefaultRouter(use_regex_path=False)
router.APIRootView = PressmarkApi
# One address for each thing; `Accept` says in which form.
router.include_format_suffixes = False
router.register("articles", AnnotatedArticleViewSet)
router.register("versions", articles.VersionViewSet)
router.register("feeds", FeedViewSet)
router.register("feeds/<uuid:feed>/entries", FeedEntryViewSet)
router.register("projects", annotate.ProjectViewSet)
router.register("annotations", BulkAnnotationViewSet)
router.register("claims", annotate.ClaimViewSet)
router.register("entity-tags", annotate.EntityTagViewSet)
router.register("source-links", annotate.SourceLinkViewSet)
router.register("notes", annotate.NoteViewSet)
router.register("changes", ChangeViewSet)
router.register("search", SearchViewSet, basename="search")
router.register("reanchorings", ReanchoringViewSet)
router.register("entities", annotate.EntityViewSet)
router.register("sources", annotate.SourceViewSet)
router.register("webhooks", WebhookViewSet)
router.register("webhooks/<uuid:webhook>/deliveries", DeliveryViewSet)
router.register("imports", ImportViewSet)
router.register("imports/<uuid:parent>/errors", ImportRowErrorViewSet)
