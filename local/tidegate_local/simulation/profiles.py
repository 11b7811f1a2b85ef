"""Benign classes: who calls, how often, with which models, by which script.

Volumes are medians and spreads of a lognormal over caller-days. They are assumptions, written down here so that they
can be argued with; people's arrivals are an office day, machines' follow the traces in arrivals.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tidegate_local.simulation import arrivals
from tidegate_local.simulation.calls import Model
from tidegate_local.simulation.scripts import benign
from tidegate_local.simulation.scripts.scene import Script

CHAT = (
    Model("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic", "converse", "us-west-2"),
    Model("anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic", "invoke"),
    Model("us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic", "converse", "us-east-2"),
    Model("amazon.nova-lite-v1:0", "amazon", "converse"),
    Model("amazon.nova-pro-v1:0", "amazon", "invoke"),
    Model("meta.llama3-1-70b-instruct-v1:0", "meta", "invoke"),
    Model("mistral.mistral-large-2407-v1:0", "mistral", "converse"),
    Model("mistral.mistral-7b-instruct-v0:2", "mistral", "invoke"),
    Model("cohere.command-r-plus-v1:0", "cohere", "invoke"),
    Model("amazon.titan-text-express-v1", "titan", "invoke"),
    Model("openai.gpt-oss-120b-1:0", "openai", "invoke"),
)
EMBED = (
    Model("amazon.titan-embed-text-v2:0", "titan-embed", "invoke"),
    Model("cohere.embed-multilingual-v3", "cohere-embed", "invoke"),
)
DEFAULT = CHAT[:8]
TOOLED = (CHAT[0], CHAT[1], CHAT[2], CHAT[3], CHAT[6])  # tools in the words of Converse and of Anthropic
type Who = Literal["end_user", "service", "person", "key"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A benign class."""

    name: str
    script: Script
    who: Who
    calls: float  # a day, median
    spread: float  # of the logarithm
    turns: float = 1.0  # calls a conversation, mean
    active: float = 0.9  # share of working days with any call
    weekends: bool = False
    machine: bool = False
    hours: tuple[int, ...] = arrivals.OFFICE
    system: str = "none"
    models: tuple[Model, ...] = CHAT
    guarded: float = 0.0  # share of applications behind a guardrail
    streamed: float = 0.0
    most: int = 4000  # calls a day


BENIGN = (
    Profile(
        "support_chat",
        benign.support,
        "end_user",
        5,
        0.7,
        3.0,
        0.55,
        True,
        False,
        arrivals.EVENING,
        "support",
        guarded=0.6,
        streamed=0.6,
    ),
    Profile("coding_assistant", benign.coding, "person", 22, 0.9, 5.0, system="coding", streamed=0.8),
    Profile("rag_answering", benign.rag, "end_user", 7, 0.8, 1.6, 0.7, system="rag", guarded=0.7, streamed=0.4),
    Profile("search", benign.search, "end_user", 6, 0.9, 1.0, 0.7, True, False, arrivals.EVENING, models=CHAT[3:6]),
    Profile(
        "tool_agent",
        benign.agent,
        "service",
        30,
        0.8,
        5.0,
        weekends=True,
        hours=arrivals.FLAT,
        system="agent",
        models=TOOLED,
    ),
    Profile(
        "batch_template",
        benign.batch,
        "service",
        90,
        0.8,
        1.0,
        0.95,
        True,
        True,
        arrivals.NIGHT,
        models=CHAT[2:8],
    ),
    Profile("evaluation_run", benign.evaluation, "service", 120, 0.7, 1.0, 0.3, False, True, arrivals.EVENING),
    Profile("synthetic_data_job", benign.synthetic, "service", 60, 0.7, 1.0, 0.35, False, True, arrivals.OFFICE),
    Profile("security_team", benign.security, "person", 14, 0.7, 2.5, system="none", guarded=0.3),
    Profile(
        "long_chat",
        benign.chat,
        "end_user",
        18,
        0.7,
        14.0,
        0.6,
        True,
        False,
        arrivals.EVENING,
        "none",
        streamed=0.7,
    ),
    Profile("embedding_index", benign.index, "service", 100, 1.0, 1.0, 0.8, True, True, arrivals.NIGHT, models=EMBED),
    Profile("developer", benign.developer, "key", 8, 1.0, 2.0, 0.6),
    Profile("general_chat", benign.chat, "end_user", 9, 0.8, 4.0, 0.75, system="none", streamed=0.5),
)
CLASSES = {profile.name: profile for profile in BENIGN}
MIX = {
    "support_chat": 6,
    "general_chat": 5,
    "coding_assistant": 5,
    "rag_answering": 4,
    "search": 4,
    "long_chat": 3,
    "developer": 3,
    "tool_agent": 2,
    "batch_template": 2,
    "security_team": 2,
    "evaluation_run": 1,
    "synthetic_data_job": 1,
    "embedding_index": 1,
}
"""Callers of each class in every 39: people are many, jobs few and busy. Assumed."""


def mixed() -> list[Profile]:
    return [CLASSES[name] for name, count in MIX.items() for _ in range(count)]
