"""`juyang topics apply`: the Kafka topics of the letters, their settings, and who may use them."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import typer

from deploy.cli.offices import told
from deploy.office import service_of
from deploy.premises import OfficeRefused
from shared.bus.kafka_cluster import administering
from shared.bus.kafka_plan import SERVICE, Plan, Wish, plan_for
from shared.bus.kafka_topics import PARTITIONS
from shared.migrate import SERVICES


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(topics)


def topics(
    act: Annotated[str, typer.Argument(help="apply")],
    bus: Annotated[
        str, typer.Option(envvar="JUYANG_BUS", help="管理员的地址 · the administrator's address")
    ],
    partitions: Annotated[
        int, typer.Option(min=1, envvar="JUYANG_TOPIC_PARTITIONS", help="分区数 · partitions")
    ] = PARTITIONS,
    replication: Annotated[
        int, typer.Option(min=1, envvar="JUYANG_TOPIC_REPLICATION", help="副本数 · replicas")
    ] = 1,
    users: Annotated[
        str,
        typer.Option(
            envvar="JUYANG_BUS_USERS",
            help="各服务的 Kafka 用户名，如 juyang-{service}；写了才设权限 · "
            "the services' user names, e.g. juyang-{service}; rights are set when given",
        ),
    ] = "",
    grow: Annotated[
        bool, typer.Option("--grow", help="允许增加分区 · raise the partitions of topics")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只显示，不改动 · show what would change")
    ] = False,
) -> None:
    """建立主题与权限 · Make the Kafka topics, their settings and rights; safe to repeat."""
    if act != "apply":
        raise OfficeRefused("用法：juyang topics apply --bus kafka://…\nusage: juyang topics apply")
    if users and SERVICE not in users:
        raise OfficeRefused(
            "--users 应含 {service}，如 juyang-{service}：每个服务用自己的用户\n"
            "--users must hold {service}, as in juyang-{service}: each service has its own user"
        )
    # What the client library logs of a failure comes as a sentence of ours as well.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    hears = {name: service_of(name).topics for name in SERVICES}
    with told():
        plan = asyncio.run(_run(bus, Wish(hears, partitions, replication, grow, users), dry_run))
    for line in plan.lines():
        typer.echo(line)
    done = "would change（未改动）" if dry_run else "done"
    typer.echo(f"ok: {plan.changes} {done}" if plan.changes else "ok: 无需改动 · nothing to change")


async def _run(bus: str, wish: Wish, dry_run: bool) -> Plan:
    async with administering(bus) as cluster:
        plan = await plan_for(cluster, wish)
        if not dry_run:
            await plan.apply(cluster)
        return plan
