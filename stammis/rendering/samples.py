"""The sample customers of _shared/samples.yaml, for lint, previews and tests."""

from datetime import datetime
from pathlib import Path
from typing import Any

from stammis.core.types import Due
from stammis.core.yaml_files import YamlFault, line_of, read_mapping
from stammis.journeys import Journey, Step
from stammis.journeys.journeys import SAMPLES

SAMPLE_SEND_ID = "0123456789abcdef0123456789abcdef"
SAMPLE_CODE = "7K3M-QX9P-W"
NEVER = datetime.fromisoformat("9999-12-31")
SAMPLE_OFFER = {"percent": 15, "expires_date": "2025-12-24"}


def read_samples(templates: Path) -> dict[str, dict[str, Any]]:
    """Read the sample customers of _shared/samples.yaml, by name. Raises YamlFault."""
    file = templates / "_shared" / SAMPLES
    samples = read_mapping(file, is_hostile=True)
    for name, sample in samples.items():
        if not isinstance(sample, dict):
            line = line_of(samples, name)
            raise YamlFault(file, line, f"`{name}` must have a customer and an order below it")
    return {str(name): dict(sample) for name, sample in samples.items()}


def sample_due(
    journey: Journey, step: Step, channel: str, locale: str, sample: dict[str, Any], variant: str | None = None
) -> Due:
    """Make an outbox row for a sample customer, with an offer if the step has one."""
    context = {group: sample.get(group) for group in ("customer", "order", "membership")}
    context["offer"] = SAMPLE_OFFER if step.offer else None
    return Due(
        message_id="sample",
        journey=journey.name,
        step=step.name,
        template_version=step.template_version,
        customer_id="sample",
        channel=channel,
        address="sample",
        locale=locale,
        time_zone="Europe/Stockholm",
        expires_at=NEVER,
        context=context,
        offer=step.offer,
        variant=variant,
    )
