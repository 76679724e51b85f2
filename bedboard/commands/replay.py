"""`bedboard replay`: moves a running board day after day through its API."""

import asyncio
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bedboard.city.programmes import Unusable, choose_days
from bedboard.city.replay import Summary, replay
from bedboard.city.target import check_url, demo_token, read_tokens
from bedboard.city.toronto import read_days
from bedboard.commands.failures import Failure


def replay_city(file: Path, first: date, last: date, speed: float, url: str, tokens: Path | None) -> None:
    """Replay the nights from `first` to `last` with a progress bar, and print what came of it. Raises Failure.

    `speed`: days per minute; 0 is as fast as possible. `tokens`: a file of shelter ids and their tokens; None: a demo's.
    """
    try:
        days = choose_days(read_days(file), first, last)
        token_of = read_tokens(tokens) if tokens else demo_token
        origin = check_url(url, own_tokens=tokens is not None)
    except Unusable as error:
        raise Failure(str(error)) from None
    console = Console()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("updates", total=None)

        def show(summary: Summary) -> None:
            bar.update(task, completed=summary.done, total=summary.total, description=str(summary.day))

        summary = asyncio.run(replay(days, origin, token_of, speed=speed, progress=show))
    if speed and summary.seconds > 1.1 * 60 / speed * summary.days:
        console.print(f"fell behind: asked for {speed:g} days a minute, reached {60 * summary.days / summary.seconds:.1f}")
    table = Table(show_header=False, box=None)
    for what, how_much in summary.lines():
        table.add_row(what, how_much)
    console.print(table)
    if summary.stopped is not None:
        raise Failure(summary.stopped)
