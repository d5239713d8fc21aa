"""Stories of the alerts: each fires when it must, is silent otherwise, and has its runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from tests.observability.boards import RULES, RUNBOOK, SCRAPE, alerts
from tests.observability.prometheus import program

STORIES = Path(__file__).parent / "alerts.test.yaml"
SEVERITIES = {"critical", "warning"}


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program("promtool"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_every_alert_fires_in_its_story_and_only_there(tmp_path: Path) -> None:
    """Without annotations, which stories would otherwise have to repeat word by word."""
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]
    bare = tmp_path / "rules.yaml"
    bare.write_text(yaml.safe_dump(rules))
    stories = tmp_path / "stories.yaml"
    stories.write_text(STORIES.read_text().replace("{rules}", str(bare)))
    done = promtool("test", "rules", str(stories))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_story_in_which_it_fires() -> None:
    tests = yaml.safe_load(STORIES.read_text())["tests"]
    fired = {
        story["alertname"]
        for test in tests
        for story in test["alert_rule_test"]
        if story["exp_alerts"]
    }
    assert fired == set(alerts())


def test_rules_and_scraping_are_what_prometheus_accepts() -> None:
    assert promtool("check", "rules", str(RULES)).returncode == 0
    checked = promtool("check", "config", "--syntax-only", str(SCRAPE))
    assert checked.returncode == 0, checked.stderr


def test_every_alert_says_what_is_wrong_in_two_languages_and_where_to_read_on() -> None:
    for name, rule in alerts().items():
        said = rule["annotations"]
        assert rule["for"], name
        assert rule["labels"]["severity"] in SEVERITIES, name
        assert re.search(r"[\u3400-\u9fff].*[a-z]", said["summary"] + said["description"]), name
        assert said["runbook_url"] == f"docs/runbook.md#{name.lower()}", name


def test_the_runbook_has_one_entry_for_every_alert_and_none_besides() -> None:
    entries = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(entries) == sorted(alerts())


def test_every_service_is_scraped_under_the_name_that_its_metrics_bear() -> None:
    jobs = {job["job_name"]: job for job in yaml.safe_load(SCRAPE.read_text())["scrape_configs"]}
    for name, job in jobs.items():
        assert job["metrics_path"] == f"/{name.removeprefix('juyang-')}/metrics"
        assert job["authorization"] == {"credentials_file": "/etc/prometheus/juyang.token"}
