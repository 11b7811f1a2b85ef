"""Commands that no tool of a model has business with, and shell syntax where a plain value was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_DEEPEST = 12


class _Kind(NamedTuple):
    does: str
    anchors: tuple[str, ...]  # lower case
    shape: re.Pattern[str]


def _kind(does: str, anchors: str, *shapes: str) -> _Kind:
    return _Kind(does, tuple(anchors.split(";")), re.compile("(?i)" + "|".join(shapes)))


_GRAVE = (
    _kind(
        "reads_credentials",
        ".aws;shadow;environ;id_rsa;id_ed25519;id_ecdsa;.ssh;secret;session_token;printenv;.kube;.netrc;.env",
        r"\.aws/(?:credentials|config)\b|/etc/g?+shadow\b|/proc/(?:self|[0-9]{1,7}+)/environ\b",
        r"\bid_(?:rsa|ed25519|ecdsa)\b|\.ssh/authorized_keys|AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN)",
        r"\bprintenv\b|\.kube/config\b|\.netrc\b|/var/run/secrets/|os\.environ\b(?!\[|\.get)",
        r"\bcat\s{1,3}+[^\s|;&]{0,80}?\.env\b|\bsecretsmanager\s{1,3}+get-secret-value",
    ),
    _kind(
        "opens_a_shell_outwards",
        "/dev/tcp;/dev/udp;nc ;ncat;netcat;socat;pty.spawn;mkfifo;tcpclient;socket.socket",
        r"/dev/(?:tcp|udp)/[\w.-]{1,80}+/[0-9]|\b(?>ncat|netcat|nc)(?=\s)[^\n|;]{0,60}?\s-[a-df-z]{0,3}+e\b",
        r"\bsocat\s[^\n]{0,100}?exec:|\bpty\.spawn\(|\bmkfifo\s[^\n]{0,100}?\b(?:nc|sh)\b|Net\.Sockets\.TCPClient",
        r"\bsocket\.socket\([^\n]{0,200}?\b(?:dup2|subprocess|pty)\b",
    ),
    _kind(
        "runs_what_it_fetches",
        "curl;wget;base64;iex;downloadstring;powershell;eval(;exec(",
        r"\b(?:curl|wget)\s[^\n|]{1,300}+\|\s{0,3}+(?:sudo\s{1,3}+)?+(?:ba|z|da|k)?+sh\b",
        r"\bbase64\s{1,3}+(?:-d|-D|--decode)\b[^\n|]{0,80}+\|\s{0,3}+(?:ba|z)?+sh\b|\bIEX\s{0,2}+\(|DownloadString\(",
        r"\bpowershell(?:\.exe)?+\s[^\n]{0,80}?-e(?:nc|ncodedcommand)?+\s{1,3}+[A-Za-z0-9+/]{20}",
        r"\b(?:eval|exec)\(\s{0,3}+(?:requests|urllib|base64|compile|bytes)\b",
    ),
    _kind(
        "destroys",
        "rm ;mkfs;dd if;drop ;truncate ;delete ;:|:&;s3 rm;s3 rb;rmtree",
        r"\brm\s{1,3}+(?>-[a-z]{1,6}+\s{1,3}+){1,3}+(?:/|~|\$HOME|\*)(?:\s|$|\*|;)|\bmkfs\.\w|:\(\)\s{0,2}+\{\s{0,2}+:\|:&",
        r"\bdd\s{1,3}+if=/dev/\w{1,10}+\s{1,3}+of=/dev/|\bshutil\.rmtree\(['\"]/['\"]",
        r"\bDROP\s{1,4}+(?:TABLE|DATABASE|SCHEMA)\b|\bTRUNCATE\s{1,4}+TABLE\b",
        r"\bDELETE\s{1,4}+FROM\s{1,4}+[\w.\"`]{1,80}+\s{0,4}+(?:;|$|WHERE\s{1,4}+(?:1\s{0,2}+=\s{0,2}+1|true))",
        r"\bs3\s{1,3}+(?:rb|rm)\s[^\n]{0,120}?--(?:force|recursive)",
    ),
    _kind(
        "stays",
        "crontab;authorized_keys;.bashrc;.profile;systemctl;useradd;chmod;schtasks;launchctl",
        r"\bcrontab\s{1,3}+-|>\s{0,3}+[^\s;|>]{0,80}?(?:authorized_keys|\.bashrc|\.profile)\b|\bsystemctl\s{1,3}+enable\b",
        r"\buseradd\s|\bchmod\s{1,3}+(?:u?+\+s|[4267][0-7]{3})\b|\bschtasks\s{1,3}+/create|\blaunchctl\s{1,3}+load",
    ),
)
_INJECTED = re.compile(
    r"[;&|]\s{0,3}+(?:curl|wget|bash|sh|nc|python3?+|cat|rm|powershell|id|whoami)\b|\$\([^()\n]{2,200}+\)|`[^`\n]{2,200}+`"
)
_SENDS = re.compile(
    r"(?i)send|post|upload|mail|webhook|http|fetch|request|publish|share|export|forward|notify|message|slack|sms|browse"
    r"|navigate|url|curl|tweet|transfer|pay"
)
_RUNS = re.compile(
    r"(?i)bash|shell|exec|python|code|terminal|command|\bcmd|_cmd|script|sql|query|repl|notebook|computer"
)
_PROSE = re.compile(
    r"(?i)body|text|message|subject|description|comment|summary|title|note|answer|reply|markdown|question|prompt"
)
_UPWARDS = re.compile(r"(?:\.\.[/\\]){2}|^(?:/etc/|/root/|/proc/|/var/run/|~/\.ssh|[A-Za-z]:\\Windows)")


def sends(tool: str) -> bool:
    """Whether a tool's name says that something leaves with it."""
    return _SENDS.search(tool) is not None


def runs_code(tool: str) -> bool:
    """Whether a tool's name says that it runs what it is given."""
    return _RUNS.search(tool) is not None


def grave_in(text: str) -> Iterator[tuple[str, str]]:
    """(what it does, the words) of each kind of command, once."""
    low = text.lower()
    for kind in _GRAVE:
        if any(anchor in low for anchor in kind.anchors) and (match := kind.shape.search(text)):
            yield kind.does, match[0]


def is_prose(argument: str) -> bool:
    """Whether an argument's name says that people read it, and nothing runs it."""
    return _PROSE.search(argument) is not None


def injected(value: str) -> str:
    """Shell syntax in a value that is none; "" if there is none."""
    match = _INJECTED.search(value)
    return match[0] if match else ""


def leaves_its_place(value: str) -> bool:
    """A path upwards, or into the system."""
    return _UPWARDS.search(value) is not None


def strings_of(given: Any, name: str = "", deep: int = _DEEPEST) -> Iterator[tuple[str, str]]:
    """(name of the argument, text) of everything that is text in a tool call's input."""
    if isinstance(given, str):
        yield name, given
    elif isinstance(given, dict) and deep:
        for key, value in given.items():
            yield from strings_of(value, str(key), deep - 1)
    elif isinstance(given, list) and deep:
        for value in given:
            yield from strings_of(value, name, deep - 1)
