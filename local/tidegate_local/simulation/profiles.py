"""Benign classes and attack families: who calls, how often, with which models, by which script.

Volumes are medians and spreads of a lognormal over caller-days. They are assumptions, written down here so that they
can be argued with; people's arrivals are an office day, machines' follow the traces in arrivals.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tidegate_local.simulation import arrivals, scripts_attack, scripts_benign
from tidegate_local.simulation.calls import Model
from tidegate_local.simulation.scripts_attack import Script

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
        scripts_benign.support,
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
    Profile("coding_assistant", scripts_benign.coding, "person", 22, 0.9, 5.0, system="coding", streamed=0.8),
    Profile("rag_answering", scripts_benign.rag, "end_user", 7, 0.8, 1.6, 0.7, system="rag", guarded=0.7, streamed=0.4),
    Profile(
        "search", scripts_benign.search, "end_user", 6, 0.9, 1.0, 0.7, True, False, arrivals.EVENING, models=CHAT[3:6]
    ),
    Profile(
        "tool_agent", scripts_benign.agent, "service", 30, 0.8, 5.0, weekends=True, hours=arrivals.FLAT, system="agent"
    ),
    Profile(
        "batch_template",
        scripts_benign.batch,
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
    Profile("evaluation_run", scripts_benign.evaluation, "service", 120, 0.7, 1.0, 0.3, False, True, arrivals.EVENING),
    Profile(
        "synthetic_data_job", scripts_benign.synthetic, "service", 60, 0.7, 1.0, 0.35, False, True, arrivals.OFFICE
    ),
    Profile("security_team", scripts_benign.security, "person", 14, 0.7, 2.5, system="none", guarded=0.3),
    Profile(
        "long_chat",
        scripts_benign.chat,
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
    Profile(
        "embedding_index", scripts_benign.index, "service", 100, 1.0, 1.0, 0.8, True, True, arrivals.NIGHT, models=EMBED
    ),
    Profile("developer", scripts_benign.developer, "key", 8, 1.0, 2.0, 0.6),
    Profile("general_chat", scripts_benign.chat, "end_user", 9, 0.8, 4.0, 0.75, system="none", streamed=0.5),
)
CLASSES = {profile.name: profile for profile in BENIGN}


@dataclass(frozen=True, slots=True)
class Family:
    """An attack. It is hidden among the requests of `cover`; `calls` are the attack requests of a day, median."""

    name: str
    script: Script
    finds: tuple[str, ...]  # detectors that name it rightly
    group: Literal["extraction", "prompt", "usage", "content"]
    calls: float = 60
    spread: float = 0.5
    turns: float = 1.0
    cover: tuple[str, ...] = ("general_chat", "developer", "coding_assistant")
    who: Who = "key"
    machine: bool = True
    models: tuple[Model, ...] = DEFAULT  # others than these are part of the attack: it never uses the cover's
    accounts: int = 1  # callers of one campaign
    share: float | None = None  # of attack requests; None: as asked
    new_origin: bool = False  # first seen when it begins, from an address and agent of its own


_DISTIL = ("distillation", "distributed_distillation")
FAMILIES = (
    Family("distillation_instructions", scripts_attack.instruction, _DISTIL, "extraction", 80),
    Family("distillation_self_instruct", scripts_attack.self_instruct, _DISTIL, "extraction", 60),
    Family("distillation_evolved", scripts_attack.evolved, _DISTIL, "extraction", 70),
    Family("distillation_reasoning", scripts_attack.reasoning, _DISTIL, "extraction", 80),
    Family("distillation_preferences", scripts_attack.preference, _DISTIL, "extraction", 80),
    Family(
        "distillation_low_and_slow",
        scripts_attack.instruction,
        _DISTIL,
        "extraction",
        12,
        0.3,
        share=0.3,
        machine=False,
        who="end_user",
    ),
    Family(
        "distributed_distillation",
        scripts_attack.instruction,
        _DISTIL,
        "extraction",
        25,
        0.4,
        who="end_user",
        accounts=12,
    ),
    Family("training_data_extraction", scripts_attack.training_data, ("training_data_extraction",), "extraction", 50),
    Family(
        "system_prompt_extraction",
        scripts_attack.system_prompt,
        ("system_prompt_extraction", "prompt_attack"),
        "prompt",
        12,
        turns=3.0,
        cover=("support_chat", "rag_answering"),
        who="end_user",
        machine=False,
    ),
    Family(
        "prompt_attack_persona",
        scripts_attack.persona,
        ("prompt_attack",),
        "prompt",
        12,
        turns=1.5,
        who="end_user",
        machine=False,
    ),
    Family(
        "prompt_attack_encoded", scripts_attack.encoded, ("prompt_attack",), "prompt", 12, who="end_user", machine=False
    ),
    Family("prompt_attack_adaptive", scripts_attack.adaptive, ("prompt_attack",), "prompt", 40, turns=4.0, who="key"),
    Family("logit_probe", scripts_attack.logits, ("logit_probe",), "extraction", 120, models=CHAT[5:8] + CHAT[10:]),
    Family(
        "embedding_extraction",
        scripts_attack.embeddings,
        ("embedding_extraction",),
        "extraction",
        150,
        cover=("embedding_index", "developer"),
        models=EMBED,
    ),
    Family(
        "knowledge_base_scraping",
        scripts_attack.scraping,
        ("knowledge_base_scraping",),
        "extraction",
        50,
        turns=4.0,
        cover=("rag_answering",),
        who="end_user",
    ),
    Family(
        "quota_abuse",
        scripts_attack.burst,
        ("quota_abuse", "denial_of_wallet"),
        "usage",
        700,
        0.2,
        share=1.0,
        who="end_user",
    ),
    Family("quota_exhaustion", scripts_attack.storm, ("quota_exhaustion", "quota_abuse"), "usage", 500, 0.2, share=1.0),
    Family("denial_of_wallet", scripts_attack.wallet, ("denial_of_wallet", "quota_abuse"), "usage", 60),
    Family(
        "llmjacking",
        scripts_attack.resale,
        ("llmjacking", "credential_probe", "model_enumeration", "new_origin", "proxy_user_agent"),
        "usage",
        150,
        share=1.0,
        turns=6.0,
        new_origin=True,
        cover=("developer",),
    ),
    Family(
        "indirect_injection",
        scripts_attack.injected,
        ("indirect_injection", "risky_tool_use"),
        "content",
        6,
        cover=("rag_answering", "tool_agent"),
        who="service",
    ),
    Family(
        "sensitive_output",
        scripts_attack.leaking,
        ("sensitive_output",),
        "content",
        8,
        cover=("rag_answering",),
        who="end_user",
        machine=False,
    ),
    Family(
        "output_exfiltration",
        scripts_attack.exfiltrating,
        ("output_exfiltration",),
        "content",
        8,
        cover=("rag_answering",),
        who="end_user",
        machine=False,
    ),
    Family(
        "active_content",
        scripts_attack.active,
        ("active_content_in_output",),
        "content",
        8,
        cover=("support_chat", "general_chat"),
        who="end_user",
        machine=False,
    ),
    Family(
        "ungrounded_answers",
        scripts_attack.ungrounded,
        ("ungrounded_answers",),
        "content",
        40,
        cover=("rag_answering",),
        who="service",
        share=1.0,
    ),
)
BY_FAMILY = {family.name: family for family in FAMILIES}
# What may be asked for by one name.
VARIANTS = {
    "distillation": tuple(name for name in BY_FAMILY if name.startswith("distillation_")),
    "prompt_attack": tuple(name for name in BY_FAMILY if name.startswith("prompt_attack_")),
    "all": tuple(BY_FAMILY),
}
