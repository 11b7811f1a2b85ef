"""Native records in, typed records out. What can't be read comes back as a DamagedRecord; nothing is raised."""

from tidegate.sources.bedrock_invocation import read_invocation_file
from tidegate.sources.cloudtrail import read_api_call
from tidegate.sources.guardduty import read_threat
from tidegate.sources.opening import opened
from tidegate.sources.recognising import read_any
from tidegate.sources.security_hub import read_security_hub
from tidegate.sources.service_events import read_service_event
from tidegate.sources.trail_files import read_trail_file
from tidegate.sources.turns import new_turns, turns

__all__ = [
    "new_turns",
    "opened",
    "read_any",
    "read_api_call",
    "read_invocation_file",
    "read_security_hub",
    "read_service_event",
    "read_threat",
    "read_trail_file",
    "turns",
]
