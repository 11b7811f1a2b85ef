from __future__ import annotations

import pytest
from token_builders import NOW, Now


@pytest.fixture
def clock() -> Now:
    return Now(NOW)
