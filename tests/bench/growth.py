"""How the work grows with the number of annotations: ratios within one run (`make bench`).

One article of some 30,000 characters has 20, then 200, then 2,000 annotations. What should
not grow (making one more, opening one) is shown beside what must (the page, the whole list).
"""

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIZES = (20, 200, 2000)
REPEATS = 7


def main() -> None:
    """Measure in a database that is thrown away, and print a table."""
    with tempfile.TemporaryDirectory() as data:
        os.environ.update(PRESSMARK_DATA=data, PRESSMARK_DEMO="1")
        os.environ.pop("DATABASE_URL", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_demo", stdout=io.StringIO())
        report(measure())


def measure() -> dict[str, list[float]]:
    """Give, for each thing that is done, the best time in milliseconds at each size."""
    from django.contrib.auth.models import User
    from django.test import Client

    from annotate import services
    from annotate.models import Annotation, Claim, EntityTag
    from annotate.projects.models import Project
    from articles.extraction.draft import ArticleDraft
    from articles.services import create_article
    from articles.text.anchor import Selector

    project = Project.objects.get(slug="demo")
    user = User.objects.get(username="annotator-1")
    sentence = "The board of harbour {0} said that dredging cost {0} million in May. "
    text = "".join(sentence.format(n) + ("\n" if n % 5 == 4 else "") for n in range(430))
    version: Any = create_article(ArticleDraft(title="Long", text=text)).current_version
    starts = cycle(range(0, len(text) - 60, 13))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def annotate() -> Annotation:
        start = next(starts)
        spans = (Selector(start=start, end=start + 12),)
        claim = Claim, {"spans": spans, "text": "Dredging cost a lot."}
        tag = EntityTag, {"spans": spans, "type": "ORG"}
        content = claim if start % 2 else tag
        return services.create(*content, project=project, version=version, actor=user)

    page = f"/articles/{version.article.public_id}/"
    everything = f"/api/v1/annotations/?version={version.public_id}&page_size=1000"
    times: dict[str, list[float]] = {}
    created = 0
    for size in SIZES:
        while created < size:
            last = annotate()
            created += 1
        for name, work in {
            "make one more": annotate,
            "open one": partial(
                client.get, f"/annotations/{last.public_id}/", headers={"hx-request": "true"}
            ),
            "the page": partial(client.get, page),
            "up to 1,000 from the API": partial(client.get, everything),
        }.items():
            times.setdefault(name, []).append(best(work))
        times.setdefault("bytes of the page, in thousands", []).append(
            len(client.get(page).content) / 1000
        )
    return times


def best(work: Callable[[], Any]) -> float:
    """Give the least of several times, in milliseconds: what the machine adds is left out."""
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return min(found)


def report(times: dict[str, list[float]]) -> None:
    """Print the times, and how they grow from the first size to the last."""
    print(f"{'annotations':34}" + "".join(f"{size:>9,}" for size in SIZES) + f"{'growth':>9}")
    for name, values in times.items():
        growth = f"×{values[-1] / values[0]:.1f}"
        print(f"{name:34}" + "".join(f"{value:9.1f}" for value in values) + f"{growth:>9}")


if __name__ == "__main__":
    main()
