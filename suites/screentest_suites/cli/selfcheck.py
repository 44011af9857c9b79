"""`screentest selfcheck`: prints what the suites miss or blame wrongly."""

import time
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from screentest_contracts import UsageError, built_in, load_contract
from screentest_mockserver.behaviours.deviations import applicable, deviation
from screentest_suites.cli.progress import is_interactive
from screentest_suites.cli.tables import print_json
from screentest_suites.judging import selfcheck


def run_selfcheck(
    providers: Iterable[str],
    only: tuple[str, ...],
    named: tuple[str, ...],
    workers: int | None,
    verbose: bool,
    *,
    form: str = "table",
    quiet: bool = False,
) -> int:
    """Runs the matrix, prints what is wrong and the figures; gives the exit status.

    `only`: deviations, variations and readings by name, `named` deviations; neither: all. Raises UsageError.
    """
    names = list(dict.fromkeys(providers)) or list(built_in())
    contracts = [(name, load_contract(name)) for name in names]
    for name in named:
        if not any(name == each.name for _, contract in contracts for each in applicable(contract)):
            deviation(name, contracts[0][1])  # says why
    only = (*only, *named)
    work = list(selfcheck.jobs(contracts, only))
    if not work:
        raise UsageError(f"nothing is called {', '.join(only)}", "see `screentest deviations`")
    console, clock = Console(stderr=form == "json", highlight=False), time.perf_counter()
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=quiet or not is_interactive(console)) as progress:
        task = progress.add_task("self-check", total=len(work))

        def on_row(row: selfcheck.Row) -> None:
            progress.advance(task)
            if verbose or not row.good:
                word = "[green]ok[/]" if row.good else "[red]WRONG[/]"
                shown = [f"caught by {', '.join(row.caught)}"] if row.caught else []
                shown += ["missed"] if row.miss else []
                shown += [f"also flagged {', '.join(row.flagged)}"] if row.flagged else []
                shown += [f"harness errors in {', '.join(row.errors)}"] if row.errors else []
                progress.console.print(
                    f"{word} {row.provider} {row.kind} {escape(row.name)}: {'; '.join(shown)}", soft_wrap=True
                )
                for line in row.miss:
                    progress.console.print(escape(line), soft_wrap=True)

        rows = selfcheck.run_all(work, on_row, workers=workers)
    bare = [
        (name, each.id) for name, contract in contracts if not only for each in selfcheck.without_deviation(contract)
    ]
    for name, requirement in bare:
        console.print(f"[red]WRONG[/] {name}:{escape(requirement)} has no deviation that breaks it", soft_wrap=True)
    if form == "json":
        print_json([_row_json(row) for row in rows])
    right = not bare and all(row.good for row in rows)
    if quiet and right:
        return 0
    deviating = [row for row in rows if row.kind == "deviation"]
    legal = [row for row in rows if row.kind != "deviation"]
    console.print(
        f"deviations caught: {sum(bool(row.caught) for row in deviating)} of {len(deviating)}, with an unrelated MUST "
        f"flagged: {sum(bool(row.flagged) for row in deviating)}; legal behaviour without alarm: "
        f"{sum(row.good for row in legal)} of {len(legal)}; requirements without deviation: {len(bare)}; "
        f"{time.perf_counter() - clock:.0f} s",
        soft_wrap=True,
    )
    return 0 if right else 1


def _row_json(row: selfcheck.Row) -> dict[str, object]:
    told = {"provider": row.provider, "kind": row.kind, "name": row.name, "good": row.good}
    return {**told, "caught": row.caught, "flagged": row.flagged, "errors": row.errors, "miss": row.miss}
