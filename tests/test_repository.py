"""Whether the files around the code agree with it: container, compose, CI, version, changelog."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]
YAML_FILES = [
    ".github/ISSUE_TEMPLATE/bug_report.yml",
    ".github/ISSUE_TEMPLATE/feature_request.yml",
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".pre-commit-config.yaml",
    "compose.yaml",
]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def load_yaml(name: str) -> Any:
    return yaml.safe_load(read(name))


def parse_dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile as (name, argument)."""
    lines = [line for line in read("Dockerfile").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    instructions = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(name, argument.strip()) for name, argument in instructions]


def parse_gunicorn(arguments: list[str]) -> tuple[str, dict[str, str]]:
    """Return the WSGI module and the options; an option without a value maps to ""."""
    _gunicorn, module, *rest = arguments
    options: dict[str, str] = {}
    name = ""
    for word in rest:
        if word.startswith("--"):
            name = word
            options[name] = ""
        else:
            options[name] = word
    return module, options


def parse_make_run() -> list[list[str]]:
    """Return the programs that the `run` target starts, each with its arguments."""
    recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert recipe
    commands = re.split(r"[;&\n]", recipe[1].replace("\\\n", " "))
    stripped = [command.strip("\t @") for command in commands]
    return [
        shlex.split(command.removeprefix("$(BIN)/"))
        for command in stripped
        if command.startswith("$(BIN)/")
    ]


def get_hook_commands() -> list[str]:
    [repo] = load_yaml(".pre-commit-config.yaml")["repos"]
    return [hook["entry"].replace(" --force-exclude", "") for hook in repo["hooks"]]


@pytest.mark.parametrize("name", YAML_FILES)
def test_yaml_file_parses_as_a_mapping(name: str) -> None:
    assert isinstance(load_yaml(name), dict)


def test_all_yaml_files_in_the_root_and_github_folder_are_checked() -> None:
    found = {
        str(path.relative_to(ROOT))
        for pattern in ("*.y*ml", ".*.y*ml", ".github/**/*.y*ml")
        for path in ROOT.glob(pattern)
    }
    assert found == set(YAML_FILES)


def test_dockerfile_installs_the_locked_requirements_with_hashes() -> None:
    [install] = [
        shlex.split(argument)
        for name, argument in parse_dockerfile()
        if name == "RUN" and "pip install" in argument
    ]
    assert "--require-hashes" in install
    assert install[install.index("-r") + 1] == "requirements.txt"


def test_dockerfile_starts_gunicorn_with_the_options_of_make_run() -> None:
    [command] = [argument for name, argument in parse_dockerfile() if name == "CMD"]
    [in_make] = [command for command in parse_make_run() if command[0] == "gunicorn"]
    module, options = parse_gunicorn(json.loads(command))
    expected_module, expected_options = parse_gunicorn(in_make)
    # A container listens on all of its addresses, `make run` on one.
    bind = options.pop("--bind")
    expected_options.pop("--bind")
    assert (module, options) == (expected_module, expected_options)
    assert ("EXPOSE", bind.rpartition(":")[2]) in parse_dockerfile()


def test_dockerfile_runs_the_server_as_an_ordinary_user() -> None:
    users = [argument for name, argument in parse_dockerfile() if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")


def test_compose_publishes_the_port_that_the_server_listens_on() -> None:
    [exposed] = [argument for name, argument in parse_dockerfile() if name == "EXPOSE"]
    [published] = load_yaml("compose.yaml")["services"]["web"]["ports"]
    assert published.rpartition(":")[2] == exposed


def test_compose_refuses_to_start_without_a_secret_key() -> None:
    services = load_yaml("compose.yaml")["services"]
    for name in ("migrate", "web", "worker"):
        assert services[name]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")


def test_compose_starts_web_and_worker_after_the_migrations() -> None:
    services = load_yaml("compose.yaml")["services"]
    for name in ("web", "worker"):
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_workflow_runs_the_ci_script_with_read_permission_only() -> None:
    workflow = load_yaml(".github/workflows/ci.yml")
    [job] = workflow["jobs"].values()
    scripts = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    assert ["bash", ".ci/run"] in scripts
    assert (ROOT / ".ci/run").is_file()
    assert workflow["permissions"] == {"contents": "read"}


def test_workflow_and_image_use_the_oldest_supported_python() -> None:
    oldest = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    [job] = load_yaml(".github/workflows/ci.yml")["jobs"].values()
    [base] = [argument for name, argument in parse_dockerfile() if name == "FROM"]
    for image in (job["container"], base):
        assert re.split("[:-]", image)[:2] == ["python", oldest]


def test_pre_commit_hooks_are_commands_of_make_check() -> None:
    recipe = read("Makefile").replace("$(BIN)/", ".venv/bin/").splitlines()
    # The hooks get the names of files where `make check` has the whole folder.
    check = {line.strip().removesuffix(" .") for line in recipe}
    assert set(get_hook_commands()) <= check


def test_version_is_the_same_in_pyproject_settings_and_changelog() -> None:
    [newest, *_] = re.findall(r"^## \[(\d.*?)\] - \d{4}-\d{2}-\d{2}$", read("CHANGELOG.md"), re.M)
    in_pyproject = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert in_pyproject == settings.VERSION == newest


def test_compose_runs_the_worker_of_make_run() -> None:
    command = shlex.split(load_yaml("compose.yaml")["services"]["worker"]["command"])
    assert command in parse_make_run()


def test_compose_sets_variables_that_the_settings_read() -> None:
    in_settings = re.findall(r'env\.\w+\(\s*"(\w+)"', read("config/settings.py"))
    for name in ("migrate", "web", "worker"):
        assert set(load_yaml("compose.yaml")["services"][name]["environment"]) <= set(in_settings)
