"""Sessions of a test process share what botocore has read.

Parsing the service models costs more than everything else that a client does here, and each test has its own session.
"""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.loaders import Loader, create_loader

_loader_of = cache(create_loader)


def _shared(data_path: str | None = None) -> Loader:
    loader: Loader = _loader_of(data_path)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session adds boto3's own path
    return loader


def share() -> None:
    botocore.session.create_loader = _shared
