"""`tidegate calibrate`: what callers may use and how they behave, learned from a tenant's own days."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tidegate.errors import ConfigurationError, DamagedRecord
from tidegate_local import behaviour_learning, calibration, counting_learning, learning
from tidegate_local.command_line.showing import answers, plain, print_json, problems, progress, table
from tidegate_local.native_files import files_under, read_file
from tidegate_local.spool import Spool


def calibrate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Invocation logs of at least three days.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the calibration is written.")],
    false_positive_rate: Annotated[
        float, typer.Option(min=0.00001, max=0.2, help="Share of caller-days that may be accused wrongly.")
    ] = 0.001,
    end_user_key: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Key of requestMetadata naming the end user; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The calibration as JSON.")] = False,
) -> None:
    """Learn what this tenant's callers use and how they behave; what earlier days teach is measured on later ones.

    The days should be normal ones. What they can't promise is said, in the answer and in the file.
    """
    keys = {"end_user_keys": tuple(end_user_key)} if end_user_key else {}
    files = files_under(paths)
    damaged = 0
    with Spool() as spool:
        with progress("reading", sum(file.stat().st_size for file in files)) as advance:
            for file in files:
                for record in read_file(file, roots=paths, **keys):
                    if isinstance(record, DamagedRecord):
                        damaged += 1
                        problems.print(plain(f"damaged: {record}"))
                    else:
                        spool.add(record)
                advance(file.stat().st_size)
        learned = learning.learn(spool, false_positive_rate)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(learned.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{out}: can't be written: {error}") from error
    if as_json:
        print_json({**learned.model_dump(mode="json", exclude={"callers"}), "damaged": damaged})
        return
    rows = [(name, f"{getattr(learned, name):,}") for name in calibration.STATISTICS]
    answers.print(table(f"Budgets in {out}", ("of a caller", "at most"), rows))
    answers.print(learned.warm_up, markup=False)
    _show_behaviour(learned.behaviour)
    _show_counting(learned.counting)
    if learned.measured_false_positive_rate is not None and learned.measured_interval is not None:
        low, high = learned.measured_interval
        answers.print(
            f"Measured on {learned.measured_caller_days:,} later caller-days: "
            f"{learned.measured_false_positive_rate:.4f} ({low:.4f} to {high:.4f}, 95 %); asked {false_positive_rate}."
        )


def _show_behaviour(behaviour: behaviour_learning.Learned | None) -> None:
    if behaviour is None:
        return
    if behaviour.measured_false_positive_rate is not None:
        answers.print(
            f"Behaviour, learned on the first half of the days, measured on {behaviour.measured_caller_days:,} "
            f"caller-days of the second: {behaviour.measured_false_positive_rate:.4f} of them accused; "
            f"its share of the rate is {behaviour.asked_false_positive_rate:.4f}."
        )
    _show_suspects(behaviour.suspects)
    for proposal in behaviour.proposals:
        answers.print(
            plain(f"\nIf {proposal.caller} is a job of yours ({proposal.why}), allow it in the rules:\n{proposal.toml}")
        )


def _show_counting(counting: counting_learning.Counting | None) -> None:
    if counting is None:
        return
    learned = counting.shortest()
    if raised := [name for name, times in learned.items() if times > 1]:
        answers.print(
            plain(
                "Several callers are beyond shipped thresholds of what is counted over a day: those rules let pass so "
                f"many times as much ({', '.join(raised)})."
            )
        )
    if lowered := [name for name, times in learned.items() if times < 1]:
        answers.print(
            plain(
                "Hardly any caller does at all what these rules count over a day: less than what ships is enough "
                f"for them ({', '.join(lowered)})."
            )
        )
    if learned:
        said = ",".join(f"{name}={times:g}" for name, times in learned.items())
        answers.print(plain(f"For a stack: CountingMultipliers={said}"))
    if learned and counting.measured_false_positive_rate is not None:
        answers.print(
            f"Counting, learned on the first half of the days, measured on {counting.measured_caller_days:,} "
            f"caller-days of the second: {counting.measured_false_positive_rate:.4f} of them accused; "
            f"its share of the rate is {counting.asked_false_positive_rate:.4f}."
        )
    _show_suspects(counting.suspects)


def _show_suspects(suspects: Sequence[behaviour_learning.Suspect]) -> None:
    if suspects:
        rows = [(one.caller, one.day, one.looks_like) for one in suspects]
        answers.print(
            table("Look at these: they look like attacks, and were not learned from", ("caller", "day", "like"), rows)
        )
