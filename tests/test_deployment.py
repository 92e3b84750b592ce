"""What prefect.yaml promises: every quarter of an hour, one at a time, and parameters the flow has."""

import ast

from ruamel.yaml import YAML

from stammis.core.settings import PROJECT

PREFECT = YAML(typ="safe").load((PROJECT / "prefect.yaml").read_text())


def test_every_deployment_runs_a_flow_that_is_there_with_parameters_it_has() -> None:
    for deployment in PREFECT["deployments"]:
        file, _, name = deployment["entrypoint"].partition(":")
        functions = {
            node.name: {argument.arg for argument in node.args.args}
            for node in ast.parse((PROJECT / file).read_text()).body
            if isinstance(node, ast.FunctionDef)
        }
        given = [deployment.get("parameters", {}), *(each.get("parameters", {}) for each in deployment["schedules"])]
        assert set().union(*given) <= functions[name]
        assert deployment["work_pool"]["name"] == "stammis"


def test_a_list_of_deployments_tells_them_apart() -> None:
    names = [each["name"] for each in PREFECT["deployments"]]
    assert names == [each["entrypoint"].rpartition(":")[2].replace("_", "-") for each in PREFECT["deployments"]]
    assert len(set(names)) == len(names)


def test_a_run_every_quarter_of_an_hour_one_at_a_time() -> None:
    (send_due,) = [each for each in PREFECT["deployments"] if each["entrypoint"].endswith(":send_due")]
    schedules = {each["slug"]: (each["cron"], each["timezone"]) for each in send_due["schedules"]}
    assert schedules == {"tick": ("*/15 * * * *", "Europe/Stockholm"), "nightly": ("7 3 * * *", "Europe/Stockholm")}
    assert send_due["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_every_form_of_an_operator_is_deployed_and_runs_only_by_hand() -> None:
    forms = {
        each["entrypoint"].rpartition(":")[2]: (each["schedules"], each["tags"])
        for each in PREFECT["deployments"]
        if each["entrypoint"].startswith("flows/operate.py")
    }
    names = ("stop_sending", "resume", "release_hold", "why_not", "settle_doubt")
    assert forms == dict.fromkeys(names, ([], ["by hand"]))


def test_the_worker_stands_in_the_folder_that_was_deployed_from() -> None:
    steps = [step["prefect.deployments.steps.set_working_directory"] for step in PREFECT["pull"]]
    assert steps == [{"directory": "{{ $PWD }}"}]
