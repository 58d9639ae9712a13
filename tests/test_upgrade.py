"""Upgrades of an installation that has data, on the suite's database engine."""

from pathlib import Path

from tests.serving import serve_like_the_suite


def test_upgrade_from_0_2_keeps_the_changes_of_a_project(tmp_path: Path) -> None:
    with serve_like_the_suite(tmp_path) as served:
        changes = "/changes/?project=demo&page_size=1000"
        before = served.client("editor").get(changes).raise_for_status().json()
        assert len(before["results"]) > 500
        served.stop()
        served.manage("migrate", "annotate", "0001", "--verbosity", "0")
        served.manage("migrate", "--verbosity", "0")
        served.start()
        assert served.client("editor").get(changes).json() == before
