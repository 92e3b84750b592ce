"""The two moments at which most of the tests stand."""

from datetime import datetime

AS_OF = datetime.fromisoformat("2025-12-10 09:00")  # a Wednesday, 10:00 in Stockholm
NOW = datetime.fromisoformat("2025-12-10 10:00")  # what clocks show, and what the sample exports' truth is about
