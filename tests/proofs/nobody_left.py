"""Issue 5, erase: a person planted everywhere is in no file and no table, whatever is built or landed afterwards."""

import shutil
from datetime import timedelta
from pathlib import Path

from stammis.core.settings import Settings
from stammis.demo import AS_OF, write_shop
from stammis.privacy.places import look_everywhere
from tests.proofs.commands import query, run, stammis
from tests.support import canary

NEXT_DAY = f"{AS_OF + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
AGGREGATES = {
    "orders and revenue": "select source, count(*), sum(gross_total), sum(refund_total), sum(net_total), "
    "count(*) filter (where is_kept) from {orders} group by 1 order by 1",
    "order lines": "select count(*), sum(quantity), sum(line_total) from {order_lines}",
    "journey results": "select journey, arm, entry_count, reached_count, message_count, goal_count "
    "from {journey_results} order by 1, 2",
    "delivery": "select * from {delivery_health}",
    "what the gate holds": "select journey, check_name, failure_count from {held_journeys} order by all",
}
BOUGHT = (
    f"#9002,{canary.EMAIL},paid,{{when}},fulfilled,{{when}},NOK,700.00,700.00,,"
    "{when},1,Bord,700.00,LV-1013,,,,,0.00,59"
)


def nobody_is_left(work: Path, samples: Path) -> str:
    """Issue 5: erased, a canary is in 0 files and tables, also after a rebuild and after her exports land again."""
    home = work / "erased"
    write_shop(home, customers=300, seed=7)
    data, landing = home / "data", home / "landing"
    settings = Settings(data=data.resolve(), landing=landing.resolve())
    first = run(data, landing, as_of=f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}")
    assert query(data, f"select count(*) from {{outbox}} where address = '{canary.EMAIL}'") == [(1,)], first
    canary.plant(landing)
    when = f"{AS_OF + timedelta(hours=6):%Y-%m-%d %H:%M:%S +0000}"
    (landing / "shopify/orders_export_3.csv").write_text(f"{canary.ORDERS}\n{BOUGHT.format(when=when)}\n")
    run(data, landing, as_of=NEXT_DAY)
    goals = query(data, "select count(*) from {journey_goals}")[0][0]
    assert goals, "nobody reached a goal: the proof would show nothing"
    hits = [hit for hit in look_everywhere(settings, canary.WORDS) if hit]
    assert all(hit.place for hit in hits), [hit.file for hit in hits if not hit.place]
    again = shutil.copytree(landing, home / "again")
    control = shutil.copytree(data, home / "control", symlinks=True)
    shutil.copytree(landing, home / "control_landing")

    said = stammis("erase", canary.EMAIL, "--yes", "--data", data, "--landing", landing)
    assert not canary.WORDS.search(said.encode()), "the command names her"
    assert nobody(settings) == 0
    for built in (data / "intake", data / "quarantine", data / "warehouse.duckdb"):
        shutil.rmtree(built) if built.is_dir() else built.unlink()
    run(data, landing, as_of=NEXT_DAY)
    assert nobody(settings) == 0, "a rebuild brings her back"
    run(control, home / "control_landing", as_of=NEXT_DAY)
    for name, text in AGGREGATES.items():
        assert query(control, text) == query(data, text), f"{name}: {query(control, text)} became {query(data, text)}"

    for path in [path for path in again.rglob("*") if path.is_file() and path.suffix != ".txt"]:
        stem, _, ending = path.name.partition(".")
        shutil.copy(path, landing / path.parent.name / f"{stem}_again.{ending}")
    back = run(data, landing, as_of=NEXT_DAY)
    assert "brought somebody back who is erased" in back, back
    assert nobody(settings) == 0, "an export that lands again brings her back"
    people = query(data, "select count(*) from {customers}")[0][0]
    assert query(control, "select count(*) - 1 from {customers}")[0] == (people,), "somebody else is gone or new"
    files = len(list(look_everywhere(settings, canary.WORDS)))
    return (
        f"{len(hits)} of {files} files held her, all in declared places; 0 after erase, after a rebuild from landing, "
        f"after her exports landed again; unchanged: {', '.join(AGGREGATES)} ({goals} goals among them)"
    )


def nobody(settings: Settings) -> int:
    return len([hit for hit in look_everywhere(settings, canary.WORDS) if hit])
