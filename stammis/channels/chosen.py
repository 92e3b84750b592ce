"""Which way messages leave: as files, or through SendGrid and Twilio. The settings say so."""

from datetime import timedelta

from stammis.channels.file import FileChannel, file_channels
from stammis.channels.provider import ProviderChannel
from stammis.core.settings import Settings
from stammis.rendering import Brand


def channels_for(settings: Settings, brand: Brand) -> dict[str, FileChannel | ProviderChannel]:
    """The two channels, by name. Raises ConfigurationError for a demo that would write to strangers.

    A provider without its key is there, too, closed: what is queued for it stays queued.
    """
    settings.providers.check(settings.is_demo)
    if settings.providers.send_by == "files":
        return {**file_channels(settings.messages)}
    from stammis.channels.email_sendgrid import SendGridEmail  # the SDKs take longer to import than a lint takes
    from stammis.channels.sms_twilio import TwilioSms

    email, sms = SendGridEmail(settings.providers), TwilioSms(settings.providers, brand.sms_senders)
    if settings.providers.absent_after_seconds:
        email.settled_after = sms.settled_after = timedelta(seconds=settings.providers.absent_after_seconds)
    return {email.name: email, sms.name: sms}
