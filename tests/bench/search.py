"""How much faster the index finds words than reading every text: ratios within one run.

Imports 20,000 short articles on SQLite, and on PostgreSQL too if DATABASE_URL names a server that
allows creating databases. Compares each search with a query without an index: `icontains` over
titles and texts, with its count and its first page.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = 20_000
SENTENCES = 12
PAGE = 20
REPEATS = 5
SEARCHES = {
    "a rare word": "dredging17",
    "a frequent word": "measles",
    "two words": "measles vaccine",
    "a phrase": '"three american destroyers"',
    "a beginning": "kindergart*",
    "nothing": "xyzzy",
}


def main() -> None:
    """Measure on each database that there is, in a process and a database of its own."""
    server = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as data:
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        env |= {"PRESSMARK_DATA": data, "PRESSMARK_DEMO": "1"}
        _run(env)
        if server.startswith("postgres"):
            with _database(server) as url:
                _run({**env, "DATABASE_URL": url})


def _run(env: dict[str, str]) -> None:
    subprocess.run([sys.executable, __file__, "measure"], env=env, check=True)


@contextmanager
def _database(server: str) -> Iterator[str]:
    """Make a database, and drop it afterwards."""
    import psycopg

    base = server.rpartition("/")[0]
    name = f"pressmark_bench_{uuid.uuid4().hex}"
    with psycopg.connect(server.replace("postgres://", "postgresql://"), autocommit=True) as own:
        own.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{base}/{name}"
        finally:
            own.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measure() -> None:
    """Fill a database, index it, and print a table."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from articles.search import get_article_scope
    from config.search.queue import index_pending
    from config.search.services import search

    call_command("migrate", verbosity=0)
    _add_articles()
    start = time.perf_counter()
    index_pending(None)
    rate = ARTICLES / (time.perf_counter() - start)
    print(f"{connection.vendor}: {ARTICLES:,} articles, {rate:,.0f} indexed in a second")
    print(f"{'ms for a count and a page':28}{'found':>8}{'index':>9}{'scan':>9}{'ratio':>9}")
    for name, typed in SEARCHES.items():
        found = search(typed, [get_article_scope()], limit=PAGE).counts["articles"]
        index = best(lambda typed=typed: search(typed, [get_article_scope()], limit=PAGE))
        scan = best(lambda typed=typed: _scan(typed))
        print(f"{name:28}{found:>8,}{index:>9.1f}{scan:>9.1f}{f'×{scan / index:.0f}':>9}")


def _add_articles() -> None:
    """Store articles of sentences of the demo, each with a word of its own."""
    from articles.models import Article, ArticleVersion

    texts = sorted((ROOT / "fixtures" / "articles").glob("*.txt"))
    sentences = [
        sentence
        for path in texts
        for sentence in path.read_text(encoding="utf-8").replace("\n", " ").split(". ")
    ]
    chance = random.Random(7)  # noqa: S311
    size = 1000
    for first in range(0, ARTICLES, size):
        articles = Article.objects.bulk_create(
            Article(title=f"Dredging{number} goes on", language="en")
            for number in range(first, first + size)
        )
        versions = ArticleVersion.objects.bulk_create(
            ArticleVersion.build(article, 1, ". ".join(chance.sample(sentences, SENTENCES)))
            for article in articles
        )
        for article, version in zip(articles, versions, strict=True):
            article.current_version = version
        Article.objects.bulk_update(articles, ["current_version"], batch_size=200)


def _scan(typed: str) -> list[Any]:
    from django.db.models import Q

    from articles.models import Article

    found = Article.objects.select_related("current_version")
    # A phrase is one string to look for; a beginning stands anywhere.
    terms = [typed.strip('"')] if typed.startswith('"') else typed.rstrip("*").split()
    for word in terms:
        found = found.filter(Q(title__icontains=word) | Q(current_version__text__icontains=word))
    found.count()
    return list(found[:PAGE])


def best(work: Callable[[], Any]) -> float:
    """Give the least of several times, in milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else main()
