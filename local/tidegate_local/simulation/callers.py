"""Invented callers: end users behind an application's role, services, people with a role session, keys of users."""

from __future__ import annotations

from random import Random

from tidegate_local.simulation.calls import Caller
from tidegate_local.simulation.profiles import Who

AGENTS = (
    "Boto3/1.40.21 md/Botocore#1.40.21 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.4",
    "aws-sdk-java/2.28.1 md/io#async md/http#NettyNio ua/2.1 os/Linux lang/java#21.0.2",
    "aws-sdk-js/3.654.0 ua/2.1 os/linux lang/js md/nodejs#20.11.0 api/bedrock-runtime#3.654.0",
    "aws-sdk-go-v2/1.30.5 ua/2.1 os/linux lang/go#1.22.3 api/bedrockruntime#1.17.0",
)
RESALE_AGENTS = ("Python/3.11 aiohttp/3.9.5", "axios/1.7.2", "python-httpx/0.27.0", "Go-http-client/2.0")
APPS = {
    "support_chat": "support-app",
    "rag_answering": "handbook-app",
    "search": "search-app",
    "long_chat": "assistant-app",
    "general_chat": "assistant-app",
}
_OFFICE = "192.0.2"
_ELSEWHERE = ("198.51.100", "203.0.113")


def caller(label: str, kind: str, who: Who, dice: Random, account: str, *, stranger: bool = False) -> Caller:
    """`kind` names the class whose application or team it is; a stranger comes from elsewhere with other tools."""
    network = _ELSEWHERE[int(dice.random() * 2)] if stranger else _OFFICE
    address = f"{network}.{1 + int(dice.random() * 254)}"
    agent = RESALE_AGENTS[int(dice.random() * 4)] if stranger else AGENTS[int(dice.random() * 4)]
    own = f"{dice.getrandbits(64):016X}"
    if who == "end_user":
        app = APPS.get(kind, "assistant-app")
        shared = Random(f"{account}/{app}")  # all end users of an application are signed for by one role
        return Caller(
            label,
            "AssumedRole",
            app,
            f"AROA{shared.getrandbits(64):016X}",
            f"ASIA{shared.getrandbits(64):016X}",
            f"i-{shared.getrandbits(68):017x}",
            f"{_OFFICE}.{1 + int(shared.random() * 254)}",
            AGENTS[int(shared.random() * 4)],
            user=label,
            metadata={"user": label, "app": app},
        )
    if who == "service":
        session = f"i-{dice.getrandbits(68):017x}"
        return Caller(label, "AssumedRole", label, f"AROA{own}", f"ASIA{own}", session, address, agent)
    if who == "person":
        team = f"{kind.replace('_', '-')}-team"
        return Caller(label, "AssumedRole", team, f"AROA{own}", f"ASIA{own}", label, address, agent)
    return Caller(label, "IAMUser", label, f"AIDA{own}", f"AKIA{own}", "", address, agent, bearer=dice.random() < 0.2)
