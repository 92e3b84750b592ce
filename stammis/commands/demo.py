"""`stammis demo`: a seeded shop, a real Prefect server, one run, what came of it, and what to open next."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import PROJECT, Settings, read_providers, read_settings

if TYPE_CHECKING:
    from stammis.run.cycle import Cycle
    from stammis.sandbox import Sandbox

SERVER_PATIENCE_SECONDS = 240
DAYS_LATER = 3
USUAL_PORT = 4200


def demo(
    data: Annotated[Path, typer.Option(help="Emptied first, then filled.")] = Path("demo"),
    customers: Annotated[int, typer.Option(min=50, help="People of the shop; at least 115 without --plain.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 7,
    plain: Annotated[bool, typer.Option("--plain", help="Without the people planted for the journeys.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="One run; not again, not three days later.")] = False,
    broken: Annotated[bool, typer.Option("--broken", help="One run, on a points file with a slip in it.")] = False,
    ui: Annotated[bool, typer.Option("--ui", help="Only show the Prefect UI with the runs so far.")] = False,
) -> None:
    """Generate a shop, run the pipeline on it under Prefect, again and three days later, and say what to look at."""
    settings = read_settings(data, data / "landing")
    prefect_home = settings.data / "prefect"
    if ui:
        _show_ui(prefect_home)
        return
    from stammis import sandbox
    from stammis.demo import AS_OF, check_room, programme, write_shop
    from stammis.sandbox import aftermath

    check_room(customers, plain)
    _empty(settings, prefect_home)
    typer.echo(f"A shop of {customers} customers, seed {seed} …")
    write_shop(settings.data, customers, seed, plain, days=0 if quick or broken else DAYS_LATER)
    if broken:
        typer.echo(f"… with a slip of the finger in {programme.slip_by_hand(settings.landing).name} …")
    typer.echo("SendGrid and Twilio stand-ins, a Prefect server, and one run of flows/send_due.py …")
    with sandbox.running(landing=settings.landing, clock=AS_OF) as providers:
        environment = {**os.environ, **providers.environment, "STAMMIS_ABSENT_AFTER_SECONDS": "5"}
        settings = replace(settings, providers=read_providers(environment))
        with prefect_server(prefect_home) as api:
            flow = subprocess.run(
                [
                    sys.executable,
                    str(PROJECT / "flows" / "send_due.py"),
                    "--as-of",
                    f"{AS_OF:%Y-%m-%dT%H:%M:%S}+00:00",
                    "--data",
                    str(settings.data),
                    "--landing",
                    str(settings.landing),
                ],
                env={**environment, "PREFECT_API_URL": api, "PREFECT_HOME": str(prefect_home)},
                stdout=(settings.data / "flow.log").open("w"),
                stderr=subprocess.STDOUT,
                check=False,
            )
        if not (settings.published / "current").exists():
            log = settings.data / "flow.log"
            raise StammisError(f"the run ended without a result (exit {flow.returncode}). See {log}.")
        _say_what_happened(settings)
        if not quick and not broken:
            _go_on(settings, AS_OF, providers)
        aftermath.show_messages(settings, providers)
    _say_what_to_open(settings)


def _empty(settings: Settings, prefect_home: Path) -> None:
    """Start anew, but keep Prefect's home: its runs are history worth seeing."""
    marker = settings.data / ".stammis-demo"
    settings.data.mkdir(parents=True, exist_ok=True)
    if not marker.exists() and {path.name for path in settings.data.iterdir()} - {prefect_home.name}:
        raise StammisError(f"{settings.data} holds something that is no demo. Name another folder with --data.")
    for path in settings.data.iterdir():
        if path.resolve() != prefect_home.resolve():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    marker.touch()


@contextmanager
def prefect_server(home: Path, port: int | None = None) -> Iterator[str]:
    """A Prefect server as a child process on loopback; yields its API address, and stops it afterwards."""
    port = port or free_port()
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),  # the UI asks this setting, not the flag, where the API is
        "PREFECT_UI_URL": f"http://127.0.0.1:{port}",  # for the links in alerts
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    }
    environment.pop("PREFECT_API_URL", None)
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name("prefect")), "server", "start"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/api/health", server, home)
            yield f"http://127.0.0.1:{port}/api"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, server: "subprocess.Popen[bytes]", home: Path) -> None:
    deadline = time.monotonic() + SERVER_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise StammisError(f"the Prefect server stopped at once. See {home / 'server.log'}.")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise StammisError(f"the Prefect server did not answer in {SERVER_PATIENCE_SECONDS} s. See {home / 'server.log'}.")


def _show_ui(home: Path) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us ends the server, too
    if not home.exists():
        raise StammisError("there is no demo yet. Run `make demo` first.")
    with socket.socket() as probe:
        port = USUAL_PORT if probe.connect_ex(("127.0.0.1", USUAL_PORT)) else free_port()
    with prefect_server(home, port):
        typer.echo(f"The Prefect UI: http://127.0.0.1:{port}/runs (Ctrl-C stops it)")
        with suppress(KeyboardInterrupt):
            signal.pause()


def _say_what_happened(settings: Settings) -> None:
    from stammis import warehouse
    from stammis.demo.score import compare_in_words
    from stammis.ledger import LedgerReader
    from stammis.warehouse import published

    counted = published.rows(
        settings,
        """
        select
            (select count(*) from {customers}) as people,
            (select count(distinct identifier) from {identifiers} where identifier_type = 'email') as addresses,
            (select count(*) from {orders}) as orders,
            (select coalesce(sum(rows_in), 0) from {landing_report}) as rows_in,
            (select coalesce(sum(rows_quarantined), 0) from {landing_report}) as quarantined
        """,
    )[0]
    funnel = published.rows(
        settings,
        """
        select journey, step, sum(people) filter (hold_reason is null) as due,
            string_agg(people || ' ' || hold_reason, ', ' order by people desc)
                filter (hold_reason is not null) as not_sent
        from (
            select journey, step, hold_reason, count(distinct customer_id) as people
            from {outbox_candidates} where position = 1 group by all
        )
        group by journey, step order by journey
        """,
    )
    typer.echo(
        f"\n{counted['rows_in']:,} rows landed ({counted['quarantined']} quarantined), {counted['orders']:,} orders, "
        f"{counted['addresses']:,} e-mail addresses: {counted['people']:,} people."
    )
    for line in compare_in_words(settings, settings.data / "truth"):
        typer.echo(line)
    checks = [node for node in warehouse.lineage(settings)["nodes"].values() if node["resource_type"] == "test"]
    holds = published.rows(settings, "select * from {held_journeys}")
    held = "; ".join(f"{row['journey']} by {row['check_name']} ({row['failure_count']})" for row in holds)
    typer.echo(f"The gate: {len(checks)} checks looked; held: {held or 'no journey'}.")
    for row in funnel:
        typer.echo(
            f"  {row['journey']}, {row['step']}: {row['due'] or 'nobody'} due; not sent: {row['not_sent'] or 'nobody'}"
        )
    with LedgerReader(settings.ledger) as ledger:
        states = ", ".join(f"{count} {state}" for state, count in sorted(ledger.counts().items()))
    typer.echo(f"Handed over by HTTP with both providers' own SDKs, each once: {states or 'nothing'}.")


def _go_on(settings: Settings, as_of: datetime, providers: "Sandbox") -> None:
    """The same moment once more, then some days later with what landed and came back until then."""
    from stammis.demo import land_day
    from stammis.sandbox import aftermath
    from stammis.warehouse import published

    before = published.current_run(settings)
    again = _run_plainly(settings, as_of)
    typer.echo(f"The same moment again: {again.delivered.accepted if again.delivered else 0} sent.")
    days = [(as_of + timedelta(days=number)).date() for number in range(1, DAYS_LATER + 1)]
    files = sum(len(land_day(settings.data, day)) for day in days)
    came_back = aftermath.what_came_back(settings, providers, as_of + timedelta(days=DAYS_LATER))
    typer.echo(f"In three days the providers and the shop reported {came_back}.")
    later = _run_plainly(settings, as_of + timedelta(days=DAYS_LATER), again)
    news = published.rows(
        settings,
        f"""
        select
            (select count(*) from {{customers}} where customer_id not in (
                select customer_id from {published.table_of(settings, before, "customers")}
            )) as people,
            (select count(*) from {{orders}} where order_id not in (
                select order_id from {published.table_of(settings, before, "orders")}
            )) as orders,
            (select string_agg(journey || ' ' || many, ', ' order by journey)
             from (select journey, count(*) as many from {{outbox}} group by journey)) as sent,
            (select string_agg(journey || ' ' || many, ', ' order by journey)
             from (select journey, count(*) as many from {{journey_log_changes}} where kind = 'exited' group by journey)
            ) as exits
        """,
    )[0]
    typer.echo(f"Three days later, {files} files more: {news['people']} new people, {news['orders']} new orders;")
    sent = later.delivered.accepted if later.delivered else 0
    typer.echo(f"  {sent} sent ({news['sent'] or 'nobody due'}); left a journey: {news['exits'] or 'nobody'};")
    typer.echo(f"  because of what came back: {aftermath.what_it_changed(settings, before)}.")


def _run_plainly(settings: Settings, as_of: datetime, last: "Cycle | None" = None) -> "Cycle":
    """One cycle in this process; dbt is loaded once."""
    from stammis.run import cycle as cycles
    from stammis.warehouse import build_lock

    cycle = cycles.Cycle(settings, as_of, dbt=last.dbt if last else None)
    with build_lock(settings):
        for _, phase in cycles.PHASES:
            phase(cycle)
    return cycle


def _say_what_to_open(settings: Settings) -> None:
    from stammis.warehouse import published

    examples = published.rows(
        settings,
        """
        (select customer_id, 'got one' as what from {outbox} order by 1 limit 1)
        union all
        (select min(customer_id), 'not sent: ' || hold_reason from {outbox_candidates}
         where hold_reason in ('no_consent', 'suppressed', 'holdout') group by hold_reason order by 2 limit 1)
        union all
        (select min(customer_id), 'never in' from {customers}
         where customer_id not in (select customer_id from {outbox_candidates}))
        """,
    )
    typer.echo("\nOpen next:")
    typer.echo(f"  {_near(settings.messages / 'messages.html')}  every message at phone width")
    for row in examples:
        typer.echo(
            f"  .venv/bin/stammis why {row['customer_id']} --data {quote(_near(settings.data))}  ({row['what']})"
        )
    show = (
        "make ui"
        if _near(settings.data) == "demo"
        else f".venv/bin/stammis demo --ui --data {quote(_near(settings.data))}"
    )
    typer.echo(f"  {show}  the run in Prefect, with its funnel as an artifact")


def _near(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def register(app: typer.Typer) -> None:
    app.command()(demo)
