"""`tidegate cost`: dollars a day for given volumes, from the template and list prices."""

from __future__ import annotations

from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate_local.command_line.incidents import AsJson
from tidegate_local.command_line.showing import answers, plain, print_json, table
from tidegate_local.costing import MONTH, PRICES, Traffic, lines


def cost(
    invocations: Annotated[int, typer.Option(min=0, help="Of models, a day.")] = 100_000,
    api_calls: Annotated[
        int | None,
        typer.Option(min=0, help="CloudTrail events a day that reach us. Default: one an invocation, and 20,000."),
    ] = None,
    records_a_file: Annotated[int, typer.Option(min=1, help="Records in a log file.")] = 200,
    incidents: Annotated[int, typer.Option(min=0, help="A day.")] = 2,
    days_kept: Annotated[int, typer.Option(min=1, help="Of events in the index.")] = 90,
    index: Annotated[bool, typer.Option("--index/--no-index", help="With an OpenSearch domain of our own.")] = True,
    price: Annotated[
        list[str] | None, typer.Option(metavar="NAME=DOLLARS", help="Another price; see --prices.")
    ] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Show the prices it reckons with, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a day costs. Arithmetic over the template and list prices, not a bill: docs/cost.md."""
    known = PRICES | dict(map(_price, price or ()))
    if prices:
        answers.print(table("Prices", ("name", "dollars"), sorted(known.items())))
        return
    traffic = Traffic(
        invocations, invocations + 20_000 if api_calls is None else api_calls, records_a_file, incidents, days_kept
    )
    from samtranslator.yaml_helper import yaml_parse  # slow to import, as what follows it

    from tidegate_local.acting import template_path

    template = yaml_parse(template_path().read_text("utf-8"))
    try:
        found = list(lines(traffic, template, known, index=index))
    except KeyError as error:
        raise ConfigurationError(
            f"no price {error}: give it with --price {str(error).strip(chr(39))}=DOLLARS."
        ) from error
    total = sum(line.dollars for line in found)
    if as_json:
        print_json({"dollars_a_day": round(total, 4), "parts": [line._asdict() for line in found]})
        return
    rows = [(line.part, line.how_many, f"{line.dollars:,.2f}") for line in found]
    title = f"{traffic.invocations:,} invocations and {traffic.api_calls:,} CloudTrail events a day"
    answers.print(table(title, ("part", "how many", "dollars a day"), [*rows, ("together", "", f"{total:,.2f}")]))
    answers.print(plain(f"{total * MONTH:,.0f} dollars a month. List prices, free tiers and discounts left out."))


def _price(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    try:
        dollars = float(value)
    except ValueError as error:
        raise ConfigurationError(
            f"--price is NAME=DOLLARS, not {text!r}: `tidegate cost --prices` lists the names."
        ) from error
    if not sign or dollars < 0 or not (name in PRICES or name.startswith("opensearch_hour_")):
        raise ConfigurationError(f"no price is called {name}: `tidegate cost --prices` lists them.")
    return name, dollars
