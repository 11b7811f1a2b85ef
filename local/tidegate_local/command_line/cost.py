"""`tidegate cost`: dollars a day for given volumes, from the template and list prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate_local.command_line.incidents import AsJson
from tidegate_local.command_line.showing import answers, plain, print_json, table
from tidegate_local.costing import MONTH, Line, Traffic, lines
from tidegate_local.list_prices import AS_OF, HOUR, LISTED, PRICES, REGION
from tidegate_local.price_files import Listed, read


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
    price_list: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Prices out of an AWS price list of one Region: what `aws pricing get-products` answered, or an offer "
            "file (JSON). Once a file; each is one service's.",
        ),
    ] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Show the prices it reckons with, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a day costs. Arithmetic over the template and list prices, not a bill: docs/cost.md."""
    given = dict(map(_price, price or ()))
    files = _read(price_list or ())
    listed = {name: dollars for file in files for name, dollars in file.prices.items()}
    if prices:
        _show_prices(given, files)
        return
    traffic = Traffic(
        invocations, invocations + 20_000 if api_calls is None else api_calls, records_a_file, incidents, days_kept
    )
    found = _reckoned(traffic, PRICES | listed | given, index=index)
    total = sum(line.dollars for line in found)
    if as_json:
        told = [file._asdict() for file in files]
        source = {"as_of": AS_OF, "region": REGION, "given": given, "files": told}
        print_json(
            {"dollars_a_day": round(total, 4), "parts": [line._asdict() for line in found], "list_prices": source}
        )
        return
    rows = [(line.part, line.how_many, f"{line.dollars:,.2f}") for line in found]
    title = f"{traffic.invocations:,} invocations and {traffic.api_calls:,} CloudTrail events a day"
    answers.print(table(title, ("part", "how many", "dollars a day"), [*rows, ("together", "", f"{total:,.2f}")]))
    yours = f", {len(given)} of them yours" if given else ""
    answers.print(
        plain(
            f"{total * MONTH:,.0f} dollars a month. {_whence(files, listed)}{yours}, free tiers and"
            " discounts left out; `tidegate cost --prices` says whence each is."
        )
    )


def _read(files: Sequence[Path]) -> list[Listed]:
    """Raises ConfigurationError for lists of several Regions: their sum would be nobody's bill."""
    found = [read(file) for file in files]
    if len(regions := sorted({file.region for file in found})) > 1:
        raise ConfigurationError(f"--price-list: the files are of several Regions ({', '.join(regions)}): give one's.")
    return found


def _whence(files: Sequence[Listed], listed: Mapping[str, float]) -> str:
    built_in = f"List prices of {REGION} as of {AS_OF}"
    if not files:
        return built_in
    left = len(LISTED.keys() - listed.keys())
    others = f"; the other {left}: {built_in[0].lower()}{built_in[1:]}" if left else ""
    days = ", ".join(dict.fromkeys(file.published for file in files))
    return f"{len(listed)} prices of {files[0].region} from your lists, published {days}{others}"


def _reckoned(traffic: Traffic, prices: Mapping[str, float], *, index: bool) -> list[Line]:
    from samtranslator.yaml_helper import yaml_parse  # slow to import, as what follows it

    from tidegate_local.acting import template_path

    template = yaml_parse(template_path().read_text("utf-8"))
    try:
        return list(lines(traffic, template, prices, index=index))
    except KeyError as error:
        raise ConfigurationError(
            f"no price {error}: give it with --price {str(error).strip(chr(39))}=DOLLARS, or --price-list FILE."
        ) from error


def _show_prices(given: Mapping[str, float], files: Sequence[Listed]) -> None:
    prices = {name: (one.dollars, one.source) for name, one in LISTED.items()}
    for file in files:
        whence = f"{file.file}, {file.region}, {file.published}"
        prices |= {name: (dollars, whence) for name, dollars in file.prices.items()}
    prices |= {name: (dollars, "you") for name, dollars in given.items()}
    rows = [
        (name, f"{dollars:g}", LISTED[name].per if name in LISTED else "hour", whence)
        for name, (dollars, whence) in sorted(prices.items())
    ]
    title = f"Prices: {REGION}, list prices as of {AS_OF}" + ("; others as said" if files else "")
    answers.print(table(title, ("name", "dollars", "a", "from"), rows))


def _price(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    try:
        dollars = float(value)
    except ValueError as error:
        raise ConfigurationError(
            f"--price is NAME=DOLLARS, not {text!r}: `tidegate cost --prices` lists the names."
        ) from error
    if not sign or dollars < 0 or not (name in PRICES or name.startswith(HOUR)):
        raise ConfigurationError(f"no price is called {name}: `tidegate cost --prices` lists them.")
    return name, dollars
