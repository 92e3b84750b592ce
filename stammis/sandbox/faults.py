"""The faults that can be injected into a provider, and which message meets one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from stammis.core.errors import ConfigurationError
from stammis.sandbox.state import Accepted, Way, draw

ONCE = "_once"
REFUSALS = (400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504)
TWILIO_CODES = (20003, 20429, 21211, 21610, 21614, 21635, 30002, 30003, 30007, 60728, 63038)


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault. `accepts`: the message is sent all the same; `status` None: that of the right answer.

    `code` is Twilio's own error code; `lacks`: the answer comes without its id.
    """

    accepts: bool = False
    way: Way = "answer"
    status: int | None = None
    code: str = ""
    lacks: str = ""


SHARED = {
    **{f"{status}": InjectedFault(status=status) for status in REFUSALS},
    **{f"{status}_after": InjectedFault(accepts=True, status=status) for status in (408, 500, 502, 503, 504)},
    "hang": InjectedFault(way="hang"),
    "hang_after": InjectedFault(accepts=True, way="hang"),
    "drip_after": InjectedFault(accepts=True, way="drip"),
    "reset": InjectedFault(way="reset"),
    "reset_after": InjectedFault(accepts=True, way="reset"),
    "disconnect": InjectedFault(way="disconnect"),
    "disconnect_after": InjectedFault(accepts=True, way="disconnect"),
    "garbage_after": InjectedFault(accepts=True, way="garbage"),
    "partial_after": InjectedFault(accepts=True, way="partial"),
    "cut_after": InjectedFault(accepts=True, way="cut"),
    "redirect": InjectedFault(status=302),
    "redirect_307": InjectedFault(status=307),
    "no_id_after": InjectedFault(accepts=True, lacks="id"),
}
FAULTS: dict[str, dict[str, InjectedFault]] = {
    "sendgrid": SHARED | {"200": InjectedFault(status=200)},
    "twilio": SHARED
    | {"no_sid_after": InjectedFault(accepts=True, lacks="sid"), "200_after": InjectedFault(accepts=True, status=200)}
    | {f"{code}": InjectedFault(status=0, code=f"{code}") for code in TWILIO_CODES},
}

Rate = float | Sequence[str]  # a share of messages, or the send ids and addresses that meet it


@dataclass(frozen=True)
class Faults:
    """Which faults are on. `rates`: provider.name -> Rate; `retry_after`: seconds a 429 asks to wait."""

    rates: Mapping[str, Rate] = field(default_factory=dict)
    seed: int = 7
    retry_after: int = 1

    def __post_init__(self) -> None:
        for name, rate in self.rates.items():
            named(name)
            if isinstance(rate, str) or (isinstance(rate, int | float) and not 0 <= rate <= 1):
                raise ConfigurationError(f"{name} is {rate!r}: give a share from 0 to 1, or a list of send ids.")

    def met_by(self, provider: str, messages: Sequence[Accepted], met: set[tuple[str, str]]) -> tuple[str, str] | None:
        """The first fault that this request meets, as (fault, send id or else address). `met` keeps transient ones.

        The same send id meets the same fault again, unless its name ends in `_once`.
        """
        for name in sorted(self.rates):
            for message in messages if name.startswith(f"{provider}.") else ():
                who = message.send_id or message.to
                if self._meets(name, message) and not (name.endswith(ONCE) and (name, who) in met):
                    met.add((name, who))
                    return name, who
        return None

    def _meets(self, name: str, message: Accepted) -> bool:
        rate = self.rates[name]
        if isinstance(rate, int | float):
            return draw(self.seed, name, message.draws_by) < rate
        return message.send_id in rate or message.to in rate


def named(name: str) -> InjectedFault:
    """The fault `provider.name`. Raises ConfigurationError with the nearest names."""
    provider, _, word = name.partition(".")
    fault = FAULTS.get(provider, {}).get(word.removesuffix(ONCE))
    if fault is None:
        known = [f"{provider}.{word}" for provider, faults in FAULTS.items() for word in faults]
        near = ", ".join(get_close_matches(name, known, n=3, cutoff=0.3)) or "sendgrid.503, twilio.reset_after"
        raise ConfigurationError(f"{name} is no fault of the sandbox. Near it: {near}.")
    return fault


def read_faults(given: Mapping[str, object], seed: int) -> Faults:
    """Read faults from JSON such as {"sendgrid.hang": 0.2, "seed": 7, "retry_after": 1}. Raises ConfigurationError."""
    settings, rates = {"seed": seed, "retry_after": 1}, dict[str, Rate]()
    for name, value in given.items():
        if name in settings and isinstance(value, int):
            settings[name] = value
        elif isinstance(value, int | float):
            rates[name] = float(value)
        elif isinstance(value, list):
            rates[name] = [str(each) for each in value]
        else:
            raise ConfigurationError(f"{name} is {value!r}: give a share from 0 to 1, or a list of send ids.")
    return Faults(rates, **settings)
