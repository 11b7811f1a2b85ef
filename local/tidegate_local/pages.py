"""Pages that are generated: written into their folder, and those that are no longer made removed from it.

`python -m tidegate_local.pages` (`make docs`) writes all of them, and the generated parts of others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def write(folder: Path, pages: Mapping[str, str], *, kind: str = "*.md") -> int:
    """File name -> text. What else of this kind lies in the folder belongs to something that is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(kind):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text)
    return 0


def main() -> int:
    # Each imports this module.
    from tidegate_local import (
        command_pages,
        coverage_pages,
        detector_pages,
        doctor_pages,
        filled_pages,
        playbook_pages,
    )

    write(detector_pages.PAGES, detector_pages.pages())
    write(playbook_pages.PAGES, playbook_pages.pages())
    command_pages.main()
    doctor_pages.main()
    filled_pages.main()
    return coverage_pages.main()


if __name__ == "__main__":
    sys.exit(main())
