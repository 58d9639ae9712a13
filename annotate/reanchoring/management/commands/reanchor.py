from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from annotate.projects.models import Project
from annotate.reanchoring.services import reanchor_annotations
from articles.models import Article, ArticleVersion
from articles.text.reanchor import Status


class Command(BaseCommand):
    help = (
        "Re-anchor annotations of earlier versions to the current version of their article. "
        "Uncertain matches are left pending for review. Safe to interrupt and repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--article", metavar="ID", help="public id of one article")
        which.add_argument("--all", action="store_true", help="all articles with a newer version")
        parser.add_argument("--project", metavar="SLUG", help="only this project's annotations")
        parser.add_argument("--dry-run", action="store_true", help="count, but store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _get_project(options["project"])
        articles = _get_articles(options["article"])
        total = articles.count()
        reports = []
        for index, key in enumerate(articles.values_list("pk", flat=True), start=1):
            version = ArticleVersion.objects.select_related("article").get(current_of=key)

            def show_progress(done: int, count: int, index: int = index) -> None:
                if self.stderr.isatty():
                    self.stderr.write(f"\rarticle {index}/{total}: {done}/{count} ", ending="")

            report = reanchor_annotations(
                version, project=project, is_dry_run=options["dry_run"], on_progress=show_progress
            )
            if self.stderr.isatty():
                self.stderr.write("\r", ending="")
            reports.append(report)
            counts = ", ".join(f"{report.counts[status]} {status}" for status in Status)
            article = version.article.public_id
            self.stdout.write(f"{article}: {counts}, {report.dependents} dependent")
        verb = "Would re-anchor" if options["dry_run"] else "Re-anchored"
        self.stdout.write(
            f"{verb} {sum(r.reanchored for r in reports)} annotations in {total} articles; "
            f"{sum(r.pending for r in reports)} need review, "
            f"{sum(r.dependents for r in reports)} depend on those."
        )


def _get_articles(public_id: str | None) -> QuerySet[Article]:
    """Return the articles with more than one version. Raises CommandError."""
    updated = Article.objects.filter(current_version__number__gt=1).order_by("pk")
    if public_id is None:
        return updated
    try:
        if not Article.objects.filter(public_id=public_id).exists():
            raise CommandError(f"article: no article has the id {public_id}.", returncode=2)
    except ValidationError:
        raise CommandError(f"article: {public_id} is not an id.", returncode=2) from None
    return updated.filter(public_id=public_id)


def _get_project(slug: str | None) -> Project | None:
    if slug is None:
        return None
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"project: no project is called {slug}.", returncode=2)
    return project
