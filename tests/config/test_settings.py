import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_deployment_guide_lists_every_environment_variable() -> None:
    code = (ROOT / "config" / "settings.py").read_text()
    used = re.findall(r'(?:env\.\w+|_get_rate_limit)\(\s*"(\w+)"', code)
    guide = (ROOT / "docs" / "deployment.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE)
    assert len(used) > 25
    assert sorted(listed) == sorted(used)
