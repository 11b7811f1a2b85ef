"""What a tool of a model does with each of its arguments, told by names: the tool's own and those of its arguments.

What is run, opened or fetched can do harm. What is written into a file, sent as a message or shown is content: source
code is full of commands, hosts and shell syntax, and nothing runs it there. Names are those of published tools for
agents (text editors, patches, notebooks, mail, shells) and of what applications call theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SENDS = re.compile(
    r"(?i)send|post|upload|mail|webhook|http|fetch|request|publish|share|export|forward|notify|message|slack|sms|browse"
    r"|navigate|url|curl|tweet|transfer|pay"
)
_RUNS = re.compile(
    r"(?i)bash|shell|exec|python|code|terminal|command|\bcmd|_cmd|script|sql|query|repl|notebook|computer"
)
_PIECES = re.compile(r"[A-Z]?[a-z]{1,40}+|[A-Z]{1,40}+(?![a-z])")
_RUNNING = frozenset({"bash", "shell", "exec", "execute", "run", "eval", "terminal", "command", "cmd", "computer"})
_WRITING = frozenset(
    {"edit", "write", "create", "insert", "replace", "patch", "append", "save", "update", "add", "put", "store"}
    | {"apply", "edits", "change", "modify"}
)
_HANDLING = _WRITING | {"review", "format", "lint", "diff", "explain"}
_TELLING = frozenset(
    {"send", "mail", "email", "message", "notify", "reply", "comment", "tell", "slack", "sms", "forward", "answer"}
)
_CONTENT = frozenset(
    {"content", "contents", "text", "body", "code", "source", "patch", "diff", "new", "old", "string", "str", "snippet"}
    | {"replacement", "replace", "edit", "edits", "lines", "html", "markdown", "md", "css", "json", "yaml", "xml"}
    | {"csv", "document", "template", "cell", "message", "subject", "description", "comment", "summary", "title"}
    | {"note", "notes", "answer", "reply", "question", "prompt", "instructions", "thought", "reasoning", "plan"}
)
# The last word of a name says what it is: `body_url` is an address, `message_id` a name, `file_text` a text.
_REFERS = frozenset(
    {"id", "ids", "path", "paths", "file", "files", "filename", "filepath", "dir", "directory", "folder", "cwd", "name"}
    | {"url", "uri", "href", "link", "endpoint", "host", "hostname", "domain", "address", "server", "type", "format"}
    | {"language", "key", "to", "cc", "bcc", "recipient", "recipients", "bucket", "table", "channel", "queue", "topic"}
)
_INSTRUCTS = frozenset(
    {"command", "commands", "cmd", "shell", "script", "args", "argv", "arguments", "flags", "options", "stdin", "exec"}
    | {"entrypoint", "env", "query", "sql", "statement", "expression"}
)
_PATHS = frozenset({"path", "file", "filename", "filepath"})
_SEARCHES = frozenset({"query", "queries", "q", "search", "keyword", "keywords", "term", "terms"})
_PATTERNS = frozenset({"pattern", "patterns", "regex", "regexp", "glob"})


def sends(tool: str) -> bool:
    """Whether a tool's name says that something leaves with it."""
    return _SENDS.search(tool) is not None


def runs_code(tool: str) -> bool:
    """Whether a tool's name says that it runs what it is given. Who edits or reviews code doesn't run it."""
    if _RUNS.search(tool) is None:
        return False
    pieces = _pieces(tool)
    return bool(pieces & _RUNNING) or not pieces & _HANDLING


def writes(tool: str) -> bool:
    """Whether a tool's name says that it puts what it is given somewhere."""
    return not runs_code(tool) and bool(_pieces(tool) & _WRITING)


def keeps(tool: str) -> bool:
    """Whether a tool's name says that it writes down or looks over what it is given, and goes nowhere with it."""
    return not runs_code(tool) and bool(_pieces(tool) & _HANDLING)


def tells(tool: str) -> bool:
    """Whether a tool's name says that somebody reads what it is given."""
    return bool(_pieces(tool) & _TELLING)


def is_content(tool: str, argument: str, others: Iterable[str]) -> bool:
    """Whether what an argument of a tool that runs nothing holds is only written, sent or shown.

    `others`: the names of all arguments of the call. Beside the path that a tool writes to, what is neither a name nor
    an instruction is what it writes."""
    pieces = _words(argument)
    if not pieces or pieces[-1] in _REFERS or pieces[-1] in _INSTRUCTS:
        return False
    if not _CONTENT.isdisjoint(pieces):
        return True
    return pieces[-1] not in _PATTERNS and writes(tool) and any(_is_path(other) for other in others)


def is_pattern(argument: str) -> bool:
    """Whether an argument is an expression to search with: `|`, `$` and backticks mean something else there."""
    return not _PATTERNS.isdisjoint(_words(argument))


def is_search(argument: str) -> bool:
    """Whether an argument is what to look for, in words: backticks quote there, as in any text of a model."""
    return not _SEARCHES.isdisjoint(_words(argument))


def _is_path(argument: str) -> bool:
    pieces = _words(argument)
    return bool(pieces) and pieces[-1] in _PATHS


def _words(name: str) -> list[str]:
    return [piece.lower() for piece in _PIECES.findall(name[:200])]


def _pieces(name: str) -> frozenset[str]:
    return frozenset(_words(name))
