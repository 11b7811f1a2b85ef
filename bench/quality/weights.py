"""Weights trained without the sources that a tenant's callers ask from (cross-fitting), by bench/training itself.

What ships is trained on both sides; measured on either side it has seen the very texts. So each fold gets weights of
its own, with everything else the same, and the shipped ones are measured only when they are asked for.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sources import side_of

from tidegate_local.simulation.voice import prompts_in

TRAINING = Path(__file__).resolve().parents[1] / "training"
PACKAGE = Path(__file__).resolve().parents[2] / "functions" / "tidegate" / "scoring"


def cross_fitted(prompts: Path, fold: int, into: Path) -> Path:
    """The file of the weights for a fold; trained once for the same training code, then kept in `into`."""
    heads, train = _training("text_heads"), _training("train")
    target = into / f"text-without-side-{fold}-{_fingerprint()}.bin"
    if target.exists():
        return target
    into.mkdir(parents=True, exist_ok=True)
    target.write_bytes(heads.train(train.learned_texts(prompts, lambda source: side_of(source) == fold)))
    return target


def cross_fitted_days(prompts: Path, fold: int, into: Path) -> Path:
    """The file of the heads over caller-days for a fold, learned as the shipped ones are but on the other side alone.

    Tenants ask from the other side and are scored with text weights that haven't seen it, as later on. Minutes.
    """
    target = into / f"days-without-side-{fold}-{_fingerprint(PACKAGE.parent / 'callers' / 'behaviour')}.json"
    if target.exists():
        return target
    side = 1 - fold
    train, day_heads = _training("train"), _training("day_heads")
    rows = {name: some for name, some in prompts_in(prompts).items() if side_of(name) == side}
    nothing = into / "untrained.json"
    nothing.write_bytes(day_heads.untrained())
    use(cross_fitted(prompts, side, into), nothing)
    target.write_bytes(day_heads.weights_file(list(train.days_of(rows, side))))
    return target


def use(text_weights: Path | None, day_weights: Path | None) -> None:
    """This process scores with these weights from now on; None: with the shipped ones."""
    from tidegate.scoring import text, trees

    scoring, heads = cast("Any", text), cast("Any", trees)
    scoring._WEIGHTS = text_weights or PACKAGE / "weights" / "text.bin"
    heads._WEIGHTS = day_weights or PACKAGE / "weights" / "days.json"
    text.shipped.cache_clear()
    trees.shipped.cache_clear()
    trees.compiled.cache_clear()


def _training(name: str) -> ModuleType:
    if str(TRAINING) not in sys.path:
        sys.path.append(str(TRAINING))
    return importlib.import_module(name)


def _fingerprint(*more: Path) -> str:
    """Of what the weights depend on: the training code and how text, or a day, is cut into features."""
    folders = (TRAINING, *more)
    kept = [*(file for one in folders for file in sorted(one.glob("*.py"))), *sorted(TRAINING.glob("*.toml"))]
    files = [*kept, PACKAGE / "words.py", PACKAGE / "text.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
