"""Create or renew the automations that tell people when something needs them. Run once, and after an update.

    .venv/bin/python flows/set_alerts.py --webhook-url https://hooks.example/stammis
"""

import os
from contextlib import suppress
from datetime import timedelta

from prefect import flow
from prefect.automations import Automation, EventTrigger, Posture
from prefect.blocks.notifications import SendgridEmail
from prefect.blocks.webhook import Webhook
from prefect.events.actions import CallWebhook, SendNotification
from prefect.states import Completed, Failed, State

from stammis import alarms

ADDRESSEE = "stammis-operators"  # the block that holds where alerts go
OF_A_SEND = {"prefect.resource.role": "flow", "prefect.resource.name": "send-due"}
BAD_ENDS = ("Held", "Stopped", "In doubt", "Failed", "Crashed", "TimedOut")
TRIGGERS = {
    "stammis: a run needs somebody": EventTrigger(
        expect={f"prefect.flow-run.{end}" for end in BAD_ENDS}, match_related=OF_A_SEND,
        posture=Posture.Reactive, threshold=1, within=timedelta(0),
    ),
    "stammis: no run for 30 minutes": EventTrigger(
        expect={"prefect.flow-run.Running"}, match_related=OF_A_SEND,
        posture=Posture.Proactive, threshold=1, within=timedelta(minutes=30),
    ),
    "stammis: doubts older than 2 hours": EventTrigger(
        expect={alarms.OLD_DOUBTS}, posture=Posture.Reactive, threshold=1, within=timedelta(0)
    ),
    "stammis: too many bounces or complaints": EventTrigger(
        expect={alarms.BOUNCES, alarms.COMPLAINTS}, posture=Posture.Reactive, threshold=1, within=timedelta(0)
    ),
}  # fmt: skip
BODY = "{{ automation.name }}: {{ event.event }} {{ flow_run.state.message }}{{ event.payload.message }}"


@flow(flow_run_name="set alerts")
def set_alerts(webhook_url: str = "", email: str = "", sender: str = "") -> State:
    """Make the four automations, with one addressee for all; older ones of the same names are replaced.

    Args:
        webhook_url: Called with the alert as JSON.
        email: Or: who gets an e-mail, by SendGrid with the key in SENDGRID_API_KEY.
        sender: The address it comes from.
    """
    if bool(webhook_url) == bool(email and sender):
        return Failed(name="Refused", message="Give a webhook_url, or an email and a sender.")
    action = call(webhook_url) if webhook_url else write_to(email, sender)
    for name, trigger in TRIGGERS.items():
        with suppress(ValueError):  # none of this name yet
            Automation.read(name=name).delete()
        Automation(name=name, trigger=trigger, actions=[action]).create()
    return Completed(name="Set", message=f"{len(TRIGGERS)} automations: {'; '.join(TRIGGERS)}")


def call(url: str) -> CallWebhook:
    block = Webhook(url=url).save(ADDRESSEE, overwrite=True)
    return CallWebhook(block_document_id=block, payload='{"text": ' + BODY_AS_JSON + "}")


def write_to(email: str, sender: str) -> SendNotification:
    letter = SendgridEmail(api_key=os.environ["SENDGRID_API_KEY"], sender_email=sender, to_emails=[email])
    return SendNotification(block_document_id=letter.save(ADDRESSEE, overwrite=True), subject="Stammis", body=BODY)


BODY_AS_JSON = "{{ (automation.name ~ ': ' ~ event.event) | tojson }}"


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--webhook-url", default="")
    words.add_argument("--email", default="")
    words.add_argument("--sender", default="")
    set_alerts(**vars(words.parse_args()), return_state=True)
