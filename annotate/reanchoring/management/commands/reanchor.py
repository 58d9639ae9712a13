"""`manage.py reanchor`: carry annotations to the current version of their article."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from annotate.projects.models import Project
from annotate.reanchoring.services import Report, carry
from articles.models import Article, ArticleVersion
from articles.text.reanchor import Status


class Command(BaseCommand):
    """Carry what is certain and let the rest wait for a person. Run again, it does the rest."""

    help = (
        "Carry annotations of earlier versions to the current version of their article. What is "
        "not certain waits for a person. It can be stopped and run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--article", metavar="ID", help="the public id of one article")
        which.add_argument("--all", action="store_true", help="every article with a newer version")
        parser.add_argument("--project", metavar="SLUG", help="only this project's annotations")
        parser.add_argument("--dry-run", action="store_true", help="count, and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry, with a line for each article; or say what is wrong and exit with 2."""
        project = _project(options["project"])
        articles = _articles(options["article"])
        number = articles.count()
        reports = []
        for place, key in enumerate(articles.values_list("pk", flat=True), start=1):
            version = ArticleVersion.objects.select_related("article").get(current_of=key)

            def show(done: int, of: int, place: int = place) -> None:
                if self.stderr.isatty():
                    self.stderr.write(f"\rarticle {place}/{number}: {done}/{of} ", ending="")

            report = carry(
                version, project=project, is_dry_run=options["dry_run"], on_progress=show
            )
            if self.stderr.isatty():
                self.stderr.write("\r", ending="")
            reports.append(report)
            self.stdout.write(f"{version.article.public_id}: {_told(report)}")
        verb = "Would carry" if options["dry_run"] else "Carried"
        self.stdout.write(
            f"{verb} {sum(r.carried for r in reports)} annotations in {number} articles; "
            f"{sum(r.waiting for r in reports)} wait for a person, "
            f"{sum(r.following for r in reports)} for what they are about."
        )


def _told(report: Report) -> str:
    counts = [f"{report.found[status]} {status}" for status in Status]
    return ", ".join([*counts, f"{report.following} waiting for what they are about"])


def _articles(public_id: str | None) -> QuerySet[Article]:
    """Give the articles that have more than one version. Raises CommandError."""
    revised = Article.objects.filter(current_version__number__gt=1).order_by("pk")
    if public_id is None:
        return revised
    try:
        found = Article.objects.filter(public_id=public_id)
        if not found.exists():
            raise CommandError(f"article: there is none with the id {public_id}.", returncode=2)
    except ValidationError:
        raise CommandError(f"article: {public_id} is not an id.", returncode=2) from None
    return revised.filter(public_id=public_id)


def _project(slug: str | None) -> Project | None:
    if slug is None:
        return None
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"project: there is none called {slug}.", returncode=2)
    return project
