"""How a field of a document is mapped: every field is annotated with one of these names.

The index templates are derived from the annotations (index/templates.py) and can't drift from them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec


def _mapped(**mapping: Any) -> msgspec.Meta:
    return msgspec.Meta(extra={"opensearch": mapping})


Keyword = Annotated[str, _mapped(type="keyword", ignore_above=1024)]
LongKeyword = Annotated[str, _mapped(type="keyword", ignore_above=2048)]  # ARNs, user agents
Text = Annotated[str, _mapped(type="match_only_text")]
Address = Annotated[str, _mapped(type="ip", ignore_malformed=True)]
Millis = Annotated[int, _mapped(type="date", format="epoch_millis||strict_date_optional_time")]  # OCSF timestamp_t
Number = Annotated[int, _mapped(type="long")]
Small = Annotated[int, _mapped(type="integer")]
Decimal = Annotated[float, _mapped(type="float")]
Flag = Annotated[bool, _mapped(type="boolean")]
Flat = Annotated[msgspec.Raw, _mapped(type="flat_object")]
FlatStrings = Annotated[dict[str, str], _mapped(type="flat_object")]


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A piece of a document. Defaults are not written."""
