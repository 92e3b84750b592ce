"""Create or renew the automations that tell people when something needs them. Run once, and after an update.

    .venv/bin/python flows/set_alerts.py --webhook-url https://hooks.example/stammis

No flow, though it stands with them: a run would show its parameters, and where alerts go is nobody else's to know.
"""

from contextlib import suppress
from datetime import timedelta

from prefect.automations import Automation, EventTrigger, Posture
from prefect.blocks.notifications import SendgridEmail
from prefect.blocks.webhook import Webhook
from prefect.events.actions import CallWebhook, SendNotification
from prefect.settings import PREFECT_API_URL

from stammis.core.errors import ConfigurationError
from stammis.core.settings import read_providers
from stammis.run import alerts

ADDRESSEE = "stammis-operators"  # the block that holds where alerts go
WHAT_TO_DO = "When it is raised, and what to do then: docs/operators.md. Made by flows/set_alerts.py: change it there."
OF_A_SEND = {"prefect.resource.role": "flow", "prefect.resource.name": "send-due"}
BEGUN = "prefect.flow-run.Running"
BAD_ENDS = ("Held", "Stopped", "In doubt", "Failed", "Crashed", "TimedOut")
AT_ONCE = {"posture": Posture.Reactive, "threshold": 1, "within": timedelta(0)}
# a lasting problem fails every run: alert once per message, then again after six hours
ONCE_A_MESSAGE = {"for_each": {"prefect.state-message"}, "within": timedelta(hours=6)}
TRIGGERS = {
    "stammis: a run needs somebody": EventTrigger(
        expect={f"prefect.flow-run.{end}" for end in BAD_ENDS}, match_related=OF_A_SEND, **AT_ONCE | ONCE_A_MESSAGE
    ),
    # after its own kind, so that the half hour begins with the last run; without it with the clock, and may take three
    "stammis: no run for 30 minutes": EventTrigger(
        after={BEGUN},
        expect={BEGUN},
        match_related=OF_A_SEND,
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(minutes=30),
    ),
    "stammis: doubts older than 2 hours": EventTrigger(expect={alerts.OLD_DOUBTS}, **AT_ONCE),
    "stammis: too many bounces or complaints": EventTrigger(expect={alerts.BOUNCES, alerts.COMPLAINTS}, **AT_ONCE),
}
# Doubts and bounces bring a message of their own, and the run that found them says nothing to the reader. The alert
# about missing runs names the last run that began.
TEXT = (
    "{{ automation.name }}"
    "{% if event.payload.message %}: {{ event.payload.message }}"
    "{% elif flow_run.state.name == 'Running' %}: the last was {{ flow_run.name }}"
    "{% elif flow_run %}: {{ flow_run.name }} ended as {{ flow_run.state.name }}. {{ flow_run.state.message }}"
    "{% set page = flow_run | ui_url %}{% if page %} {{ page }}{% endif %}{% endif %}"
)
AS_JSON = "{% set text %}" + TEXT + '{% endset %}{"text": {{ text | tojson }}}'


def set_alerts(webhook_url: str = "", email: str = "", sender: str = "") -> str:
    """Make the four automations, with one addressee for all; older ones of the same names are replaced.

    `webhook_url` is called with {"text": …}; or `email` gets it from `sender`, by SendGrid with the key in
    SENDGRID_API_KEY. Raises ConfigurationError without a server, or an addressee.
    """
    if not PREFECT_API_URL.value():
        raise ConfigurationError("PREFECT_API_URL names no server, and automations live in one.")
    if bool(webhook_url) == bool(email and sender):
        raise ConfigurationError("give --webhook-url, or --email and --sender.")
    action = call(webhook_url) if webhook_url else write_to(email, sender)
    for name, trigger in TRIGGERS.items():
        with suppress(ValueError):  # none of this name yet
            Automation.read(name=name).delete()
        Automation(name=name, description=WHAT_TO_DO, trigger=trigger, actions=[action]).create()
    return f"{len(TRIGGERS)} automations: {'; '.join(TRIGGERS)}"


def call(url: str) -> CallWebhook:
    block = Webhook(url=url, headers={"Content-Type": "application/json"}).save(ADDRESSEE, overwrite=True)
    return CallWebhook(block_document_id=block, payload=AS_JSON)


def write_to(email: str, sender: str) -> SendNotification:
    if not (key := read_providers().sendgrid_key):
        raise ConfigurationError("SENDGRID_API_KEY is not set.")
    block = SendgridEmail(api_key=key, sender_email=sender, to_emails=[email]).save(ADDRESSEE, overwrite=True)
    return SendNotification(block_document_id=block, subject="{{ automation.name }}", body=TEXT)


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--webhook-url", default="")
    words.add_argument("--email", default="")
    words.add_argument("--sender", default="")
    try:
        print(set_alerts(**vars(words.parse_args())))  # noqa: T201
    except ConfigurationError as error:
        words.error(str(error))
