"""Stories of the dashboards: they load by themselves, and every panel shows something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from shared.metrics_names import COUNTERS, GAUGES, LIVE
from tests.desk import OfficeDesk
from tests.journeys.spans import kept_spans
from tests.observability.boards import (
    BOARDS,
    METRIC,
    ROOT,
    RULES,
    TRACES,
    alerts,
    boards,
    queries,
    targets,
)
from tests.observability.prometheus import Prometheus, program, prometheus
from tests.observability.served import served
from tests.observability.town import a_month

anyio = pytest.mark.anyio
LGTM = "observatory"
LGTM_PROMETHEUS = "/otel-lgtm/prometheus.yaml"
LGTM_BOARDS = "/otel-lgtm/grafana/conf/provisioning/dashboards"
NEWEST_SCHEMA = 39
SHOWN_WITHIN_S = 25
MONEY = "sum by (part) (juyang_vouchers_fen)"
EVERY_SERVICE = 'count(up{job=~"juyang-.+"} == 1) == 5'


def test_each_of_the_five_boards_has_a_name_of_its_own_and_loads_from_its_folder() -> None:
    found = boards()
    assert set(found) == {"services", "letters", "money", "care", "one-application"}
    assert len({board["uid"] for board in found.values()}) == len(found)
    assert all(board["schemaVersion"] >= NEWEST_SCHEMA for board in found.values())
    (provider,) = yaml.safe_load((BOARDS / "provider.yaml").read_text())["providers"]
    assert provider["type"] == "file"


def test_the_observatory_of_the_compose_file_finds_boards_and_rules_without_a_click() -> None:
    observatory = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][LGTM]
    mounted = dict(one.split(":")[1::-1] for one in observatory["volumes"] if one[0] == ".")
    (provider,) = yaml.safe_load((BOARDS / "provider.yaml").read_text())["providers"]
    assert ROOT / mounted[provider["options"]["path"]] == BOARDS
    prometheus_of_its_own = yaml.safe_load((ROOT / mounted[LGTM_PROMETHEUS]).read_text())
    (rules,) = map(Path, prometheus_of_its_own["rule_files"])
    assert ROOT / mounted[str(rules.parent)] / rules.name == RULES
    assert (ROOT / mounted[f"{LGTM_BOARDS}/juyang.yaml"]).is_file()


def test_no_board_names_a_machine_or_a_data_source_of_one_installation() -> None:
    for name, board in boards().items():
        sources = {v["name"] for v in board["templating"]["list"] if v["type"] == "datasource"}
        used = {target["datasource"]["uid"] for place, _, target in targets() if place == name}
        assert used <= {f"${{{source}}}" for source in sources}, name
        assert board.get("id") is None


def test_panels_lie_beside_and_below_each_other_and_never_over() -> None:
    for name, board in boards().items():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {
                (at["x"] + right, at["y"] + down)
                for right in range(at["w"])
                for down in range(at["h"])
            }
            assert not cells & taken, (name, panel["title"])
            assert max(x for x, _ in cells) < 24, (name, panel["title"])
            taken |= cells


def test_boards_and_alerts_speak_only_of_metrics_that_there_are() -> None:
    known = {name.replace(".", "_") for name in (*GAUGES, *LIVE)}
    known |= {f"{name.replace('.', '_')}_total" for name in COUNTERS}
    known |= {"juyang_outbox_oldest_age_seconds", "juyang_figures_age_seconds"}
    http = "http_server_request_duration_seconds"
    known |= {f"{http}_bucket", f"{http}_count"}
    labels = {"http_route", "http_request_method", "http_response_status_code"}
    said = " ".join([*(q.promql for q in queries()), *(a["expr"] for a in alerts().values())])
    assert set(METRIC.findall(said)) - labels <= known


@anyio
async def test_every_panel_shows_something_of_a_working_office(
    desk: OfficeDesk, tmp_path: Path
) -> None:
    program("prometheus")
    token = desk.token("operator", sub="prometheus")
    async with served(desk) as port, prometheus(tmp_path, port, token) as watcher:
        assert await watcher.wait_for(EVERY_SERVICE, SHOWN_WITHIN_S)
        await a_month(desk)
        for runtime in desk.office.runtimes.values():
            await runtime.rounds.once()
        assert await empty_panels(watcher) == []
        assert await watcher.ask('ALERTS{alertname="JuyangBooksDoNotAddUp"}') == []
        money = await watcher.ask(MONEY)
    assert {one["metric"]["part"]: int(one["value"][1]) for one in money} == {
        "issued": 20_000,
        "redeemed": 2_000,
        "expired": 0,
        "revoked": 0,
        "outstanding": 18_000,
    }


async def empty_panels(watcher: Prometheus) -> list[str]:
    """Panels without an answer; the first may have to wait for two scrapes, the others not."""
    empty: list[str] = []
    for query in queries():
        patience_s = SHOWN_WITHIN_S if not empty else 1
        if not await watcher.wait_for(query.promql, patience_s):
            empty.append(query.name)
    return empty


@anyio
async def test_without_a_token_and_with_another_role_there_are_no_metrics(
    desk: OfficeDesk,
) -> None:
    officer_of_a_street = desk.as_("street_officer", area="110105001")
    async with desk.nobody() as stranger, officer_of_a_street as officer:
        assert (await stranger.get("/vouchers/metrics")).status_code == 401
        assert (await officer.get("/vouchers/metrics")).status_code == 403


@anyio
async def test_the_search_for_an_application_asks_for_what_spans_carry(desk: OfficeDesk) -> None:
    exporter = kept_spans()
    application = await a_month(desk)
    searches = [
        target["query"] for _, _, target in targets() if target["datasource"]["type"] == TRACES
    ]
    asked = {search.split("span.")[1].split(" ")[0] for search in searches}
    for attribute in asked:
        spans = exporter.get_finished_spans()
        assert any((span.attributes or {}).get(attribute) == application for span in spans)


def test_files_are_plain_json_without_anything_that_only_one_editor_writes() -> None:
    for path in BOARDS.glob("*.json"):
        assert "__inputs" not in json.loads(path.read_text())
