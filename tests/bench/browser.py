"""How the workspace feels as annotations grow: measured in Chromium (`make bench`).

One article of some 30,000 characters has 20, then 200, then 2,000 annotations. Shown are
milliseconds (the best of several): until the page can be used, from the key press that makes one
more annotation until it is drawn, and until the server's answer is; and the page's size.
"""

import os
import subprocess
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.bench.growth import report  # noqa: E402
from tests.serving import Pressmark, serve  # noqa: E402

SIZES = (20, 200, 2000)
REPEATS = 7
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# Runs inside the installation that is served: makes up to so many annotations of one article.
FILL = """
import sys
from itertools import cycle
from django.contrib.auth.models import User
from annotate import services
from annotate.models import Annotation, Claim, EntityTag
from annotate.projects.models import Project
from articles.extraction.draft import ArticleDraft
from articles.services import create_article
from articles.models import Article
from articles.text.anchor import Selector

sentence = "The board of harbour {0} said that dredging cost {0} million in May. "
text = "".join(sentence.format(n) + ("\\n" if n % 5 == 4 else "") for n in range(430))
article = Article.objects.filter(title="Long").first()
article = article or create_article(ArticleDraft(title="Long", text=text))
version = article.current_version
user, project = User.objects.get(username="annotator-1"), Project.objects.get(slug="demo")
existing = Annotation.objects.filter(version=version).count()
starts = list(range(0, len(version.text) - 60, 13))
for n in range(existing, SIZE):
    start = starts[n % len(starts)]
    spans = (Selector(start=start, end=start + 12),)
    claim = Claim, {"spans": spans, "text": "Dredging cost a lot."}
    content = claim if n % 2 else (EntityTag, {"spans": spans, "type": "ORG"})
    services.create(*content, project=project, version=version, actor=user)
print(article.public_id)
"""

# From the press of a key until the frame in which what it made is on the screen.
WATCH = """() => {
    window.seen = new Promise((resolve) => {
        document.addEventListener("keydown", () => {
            const pressed = performance.now();
            const before = document.querySelectorAll("#annotations .card").length;
            let drawn = 0;
            const look = () => {
                if (!drawn && CSS.highlights.get("pending").size) drawn = performance.now();
                const saved = document.querySelectorAll("#annotations .card").length > before;
                if (saved) requestAnimationFrame(() => resolve([
                    (drawn || performance.now()) - pressed, performance.now() - pressed]));
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        }, { once: true, capture: true });
    });
}"""


def main() -> None:
    """Serve an installation that is thrown away, and print a table."""
    with (
        tempfile.TemporaryDirectory() as data,
        serve(Path(data)) as served,
        sync_playwright() as driver,
    ):
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_context(base_url=served.url).new_page()
        page.goto("/sign-in/")
        page.get_by_role("button", name="annotator-1").click()
        page.wait_for_url("**/")
        report(measure(served, page))
        chromium.close()


def measure(served: Pressmark, page: Page) -> dict[str, list[float]]:
    """Give the best time of each thing at each size, in milliseconds."""
    times: dict[str, list[float]] = {}
    order = cycle(range(40))
    for size in SIZES:
        address = f"/articles/{fill(served, size)}/"
        found: dict[str, list[float]] = {}
        for _ in range(REPEATS):
            answer = page.goto(address)
            assert answer
            usable = page.evaluate(
                "performance.getEntriesByName('usable')[0].startTime"
                " - performance.getEntriesByType('navigation')[0].responseStart"
            )
            whole = page.evaluate("performance.getEntriesByName('usable')[0].startTime")
            drawn, saved = add_annotation(page, next(order))
            for name, value in {
                "until it can be used": whole,
                "… of that in the browser": usable,
                "key press to highlight drawn": drawn,
                "key press to card of the server": saved,
                "bytes of the page, in thousands": len(answer.body()) / 1000,
            }.items():
                found.setdefault(name, []).append(value)
        for name, values in found.items():
            times.setdefault(name, []).append(min(values))
    return times


def fill(served: Pressmark, size: int) -> str:
    """Make annotations until there are so many; give the article's id."""
    done = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "shell",
            "--no-imports",
            "-c",
            FILL.replace("SIZE", str(size)),
        ],
        cwd=ROOT,
        env=served.env,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def add_annotation(page: Page, word: int) -> Any:
    """Tag a word with one key; give the times until it was drawn and until it was saved."""
    page.keyboard.press("t")
    for _ in range(word % 8 + 1):
        page.keyboard.press("ArrowRight")
    page.evaluate(WATCH)
    page.keyboard.press("o")
    return page.evaluate("window.seen")


if __name__ == "__main__":
    main()
