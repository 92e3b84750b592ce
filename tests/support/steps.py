"""Steps of a made-up project, as a compiled one has them."""

from stammis.warehouse.project import Step


def step(name: str, sql: str, *reads: str, materialized: str = "table") -> Step:
    kind = materialized if materialized in ("seed", "test") else "model"
    schema = "failures" if kind == "test" else "marts"
    ours = tuple(f"model.stammis.{each.split('.')[1]}" for each in reads if each.startswith("marts."))
    return Step(
        unique_id=f"{kind}.stammis.{name}",
        name=name,
        kind=kind,
        relation=f'"{schema}"."{name}"',
        schema=schema,
        materialized=materialized,
        file=f"models/{name}.sql",
        sql=sql,
        phase=1,
        waits_for=ours,
        reads=tuple(f'"{each.split(".")[0]}"."{each.split(".")[1]}"' for each in reads),
        turns="any time" if "run.clock" in reads else "never",
    )
