"""What both SDKs put on the wire keeps the providers' published rules, as the sandbox holds it against them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from stammis import sandbox
from stammis.core.settings import PROJECT
from stammis.demo import AS_OF, write_shop

OF_SENDGRID = {"personalizations", "from", "reply_to", "subject", "content", "headers", "categories"}
E164 = re.compile(r"\+[1-9]\d{7,14}")


def requests_keep_the_rules(work: Path, samples: Path) -> str:
    """Issue 4: custom_args on the personalization, E.164 numbers, at most 1,600 characters, one recipient, headers."""
    home = work / "by_the_rules"
    write_shop(home, customers=2000, seed=7)
    with sandbox.running() as box:
        command = ["run", "--as-of", f"{AS_OF:%Y-%m-%dT%H:%M}Z", "--data", home / "data", "--landing", home / "landing"]
        subprocess.run(
            [sys.executable, "-m", "stammis", *command],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            env={**os.environ, **box.environment},
        )
        refused = box.summary()["refused"]
        requests = [request for request in box.requests(bodies=True) if request["send_ids"]]
    assert not refused, refused
    mails = [json.loads(each["body"]) for each in requests if each["provider"] == "sendgrid"]
    texts = [parse_qs(each["body"], strict_parsing=True) for each in requests if each["provider"] == "twilio"]
    assert len(mails) > 150 and len(texts) > 10, (len(mails), len(texts))
    for mail in mails:
        (personalization,) = mail["personalizations"]
        assert set(mail) <= OF_SENDGRID and set(personalization) == {"to", "custom_args"}, mail.keys()
        assert len(personalization["to"]) == 1 and list(personalization["to"][0]) == ["email"]
        assert set(personalization["custom_args"]) == {"send_id"}
        assert [part["type"] for part in mail["content"]] == ["text/plain", "text/html"]
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["headers"]["List-Unsubscribe"].startswith("<https://") and set(mail["headers"]) <= {
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
        }
        assert not set(mail["from"]["name"]) & set(";,")
    for text in texts:
        assert set(text) == {"To", "From", "Body", "StatusCallback"}
        assert E164.fullmatch(text["To"][0]) and len(text["Body"][0]) <= 1600
        assert set(parse_qs(urlsplit(text["StatusCallback"][0]).query)) == {"send_id"}
    ids = [each["send_ids"][0] for each in requests]
    assert len(ids) == len(set(ids))
    return f"{len(mails)} e-mails and {len(texts)} texts, none refused by the rules, each with a send id of its own"
