"""What each way a request can end means for the message and for its channel: one table, the first line that fits.

What was met is a word of the wire (nothing, or no whole answer, came back), an HTTP status, or Twilio's own error
code, which is five digits and says more than the status it comes with. Whatever stands in no line is in doubt:
a message is sent twice by those who guess.
"""

from collections.abc import Container
from dataclasses import dataclass

SENDGRID, TWILIO = "SendGrid", "Twilio"
BOTH = (SENDGRID, TWILIO)

# Twilio: our sender is not ours or cannot send there. Failing the message would use up everybody who is waiting.
OUR_SENDER = (21212, 21603, 21606, 21659, 21660)

ResponseKind = int | str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` and `reason` as an Outcome has them.

    `action`: "" | retry (soon, a few times) | wait (as long as the provider says) | close (the channel, until mended).
    """

    state: str
    reason: str | None
    action: str = ""


TABLE: tuple[tuple[tuple[str, ...], Container[ResponseKind], str, str], ...] = (
    # who          what was met                                                            state         action
    (BOTH, ("dns", "refused", "tls", "connect"), "not_sent", "retry"),
    (BOTH, ("request",), "not_sent", "close"),
    (BOTH, ("timeout", "reset", "disconnect", "partial", "garbage", "too_large"), "in_doubt", ""),
    ((SENDGRID,), (202,), "accepted", ""),
    ((TWILIO,), (201,), "accepted", ""),
    ((TWILIO,), ("no_sid",), "in_doubt", ""),
    ((TWILIO,), (20429,), "not_sent", "wait"),
    ((TWILIO,), (21610,), "suppressed", ""),
    ((TWILIO,), (20003, 30002, 60728, 63038), "not_sent", "close"),
    ((TWILIO,), OUR_SENDER, "not_sent", "close"),
    ((TWILIO,), range(10_000, 100_000), "failed", ""),
    (BOTH, (401, 403), "not_sent", "close"),
    (BOTH, (429,), "not_sent", "wait"),
    (BOTH, (408,), "in_doubt", ""),
    (BOTH, range(400, 500), "failed", ""),
    (BOTH, range(100, 600), "in_doubt", ""),
)


def judge(provider: str, met: ResponseKind) -> Verdict:
    """The verdict on what was met: a word of the wire, an HTTP status, a Twilio code."""
    for who, known, state, action in TABLE:
        if provider in who and met in known:
            return Verdict(state, _reason(met, state, action), action)
    return Verdict("in_doubt", _reason(met, "in_doubt", ""))


def _reason(met: ResponseKind, state: str, action: str) -> str | None:
    if state == "accepted":
        return None
    if action in ("retry", "wait"):
        return {"retry": "connect", "wait": "rate_limited"}[action]
    if isinstance(met, str):
        return met
    return f"twilio_{met}" if met >= 10_000 else f"http_{met}"
