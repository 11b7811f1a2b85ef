"""Attack families: which requests, how many a day, hidden among whose, and which detectors name them rightly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tidegate_local.simulation.calls import Model
from tidegate_local.simulation.profiles import CHAT, DEFAULT, EMBED, TOOLED, Who
from tidegate_local.simulation.scripts import contents, extraction, prompting, usage
from tidegate_local.simulation.scripts.scene import Script


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
    guarded: bool = False  # behind a guardrail, without which nobody scores how grounded an answer is
    new_origin: bool = False  # first seen when it begins, from an address and agent of its own


_DISTIL = ("distillation", "distributed_distillation")
FAMILIES = (
    Family("distillation_instructions", extraction.instruction, _DISTIL, "extraction", 80),
    Family("distillation_self_instruct", extraction.self_instruct, _DISTIL, "extraction", 60),
    Family("distillation_evolved", extraction.evolved, _DISTIL, "extraction", 70),
    Family("distillation_reasoning", extraction.reasoning, _DISTIL, "extraction", 80),
    Family("distillation_preferences", extraction.preference, _DISTIL, "extraction", 80),
    Family(
        "distillation_low_and_slow",
        extraction.instruction,
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
        extraction.instruction,
        _DISTIL,
        "extraction",
        25,
        0.4,
        who="end_user",
        accounts=12,
    ),
    Family("training_data_extraction", extraction.training_data, ("training_data_extraction",), "extraction", 50),
    Family(
        "system_prompt_extraction",
        prompting.system_prompt,
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
        prompting.persona,
        ("prompt_attack",),
        "prompt",
        12,
        turns=1.5,
        who="end_user",
        machine=False,
    ),
    Family("prompt_attack_encoded", prompting.encoded, ("prompt_attack",), "prompt", 12, who="end_user", machine=False),
    Family("prompt_attack_adaptive", prompting.adaptive, ("prompt_attack",), "prompt", 40, turns=4.0, who="key"),
    Family("logit_probe", extraction.logits, ("logit_probe",), "extraction", 120, models=CHAT[5:8] + CHAT[10:]),
    Family(
        "embedding_extraction",
        extraction.embeddings,
        ("embedding_extraction",),
        "extraction",
        150,
        cover=("embedding_index", "developer"),
        models=EMBED,
    ),
    Family(
        "knowledge_base_scraping",
        extraction.scraping,
        ("knowledge_base_scraping",),
        "extraction",
        50,
        turns=4.0,
        cover=("rag_answering",),
        who="end_user",
    ),
    Family(
        "quota_abuse",
        usage.burst,
        ("quota_abuse", "denial_of_wallet"),
        "usage",
        700,
        0.2,
        share=1.0,
        who="end_user",
    ),
    Family("quota_exhaustion", usage.storm, ("quota_exhaustion", "quota_abuse"), "usage", 500, 0.2, share=1.0),
    Family("denial_of_wallet", usage.wallet, ("denial_of_wallet", "quota_abuse"), "usage", 60),
    Family(
        "llmjacking",
        usage.resale,
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
        contents.injected,
        ("indirect_injection", "risky_tool_use"),
        "content",
        6,
        cover=("rag_answering", "tool_agent"),
        who="service",
        models=TOOLED,
    ),
    Family(
        "sensitive_output",
        contents.leaking,
        ("sensitive_output",),
        "content",
        8,
        cover=("rag_answering",),
        who="end_user",
        machine=False,
    ),
    Family(
        "output_exfiltration",
        contents.exfiltrating,
        ("output_exfiltration",),
        "content",
        8,
        cover=("rag_answering",),
        who="end_user",
        machine=False,
    ),
    Family(
        "active_content",
        contents.active,
        ("active_content_in_output",),
        "content",
        8,
        cover=("support_chat", "general_chat"),
        who="end_user",
        machine=False,
    ),
    Family(
        "ungrounded_answers",
        contents.ungrounded,
        ("ungrounded_answers",),
        "content",
        40,
        cover=("rag_answering",),
        who="service",
        share=1.0,
        guarded=True,
    ),
)
BY_FAMILY = {family.name: family for family in FAMILIES}
# What may be asked for by one name.
VARIANTS = {
    "distillation": tuple(name for name in BY_FAMILY if name.startswith("distillation_")),
    "prompt_attack": tuple(name for name in BY_FAMILY if name.startswith("prompt_attack_")),
    "all": tuple(BY_FAMILY),
}
