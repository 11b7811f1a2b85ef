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
    r"[;&|]\s{0,3}+(?:curl|wget|bash|sh|nc|python3?+|cat|rm|powershell|id|whoami)\b|\$\([^()\n]{2,200}+\)"
)
_IN_BACKTICKS = re.compile(r"`[^`\n]{2,200}+`")
_UPWARDS = re.compile(r"(?:\.\.[/\\]){2}|^(?:/etc/|/root/|/proc/|/var/run/|~/\.ssh|[A-Za-z]:\\Windows)")
_STARTS_BY_ITSELF = re.compile(
    r"(?:^|[/\\])(?:\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv)$|\.git[/\\]hooks[/\\]|\.ssh[/\\]"
    r"|authorized_keys$|cron\.[a-z]{1,8}[/\\]|crontabs?(?:[/\\]|$)|\.config[/\\](?:autostart|systemd)[/\\]"
    r"|systemd[/\\](?:system|user)[/\\]|Library[/\\]LaunchAgents[/\\])"
)


def grave_in(text: str) -> Iterator[tuple[str, str]]:
    """(what it does, the words) of each kind of command, once."""
    low = text.lower()
    for kind in _GRAVE:
        if any(anchor in low for anchor in kind.anchors) and (match := kind.shape.search(text)):
            yield kind.does, match[0]


def injected(value: str, *, backticks: bool = True) -> str:
    """Shell syntax in a value that is none; "" if there is none. `backticks`: whether they are syntax there."""
    match = _INJECTED.search(value) or (_IN_BACKTICKS.search(value) if backticks else None)
    return match[0] if match else ""


def leaves_its_place(value: str) -> bool:
    """A path upwards, or into the system."""
    return _UPWARDS.search(value) is not None


def starts_by_itself(path: str) -> bool:
    """A file that a machine runs without being told: a shell's beginning, a schedule, a hook."""
    return _STARTS_BY_ITSELF.search(path) is not None


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
