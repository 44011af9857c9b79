"""What a person sees who waits for tasks: each with its status, age and next poll, and the money."""

from rich.markup import escape
from rich.table import Table

from screentest_suites.spending import Ledger, ReservationState
from screentest_suites.tasks.records import Watched
from screentest_suites.tasks.session import Session


class Waiting:
    """The tasks of a session that have not ended, as a table that is drawn anew each time."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __rich__(self) -> Table:
        now, table = self.session.target.now(), Table(box=None, pad_edge=False, header_style="dim")
        for name in ("task", "model", "status", "age", "next poll"):
            table.add_column(name, no_wrap=True)
        for each in [each for each in self.session.records.watched.copy().values() if each.next_poll is not None][:12]:
            wait = f"in {max((each.next_poll or now) - now, 0):.0f} s"
            cells = (_plain(each.task), each.model, each.status, f"{now - each.since:.0f} s", wait)
            table.add_row(*map(escape, cells))
        if self.session.options.metered:
            table.caption = spend_line("", self.session.client.ledger).strip()
            table.caption_justify = "left"
        return table


def waiting_line(session: Session, watched: Watched) -> str:
    """One change of a task, for logs."""
    age = session.target.now() - watched.since
    ledger = session.client.ledger
    money = f"; spent {ledger.amount(ledger.spent)} so far" if session.options.metered else ""
    return (
        f"{session.contract.title}: {watched.model} {_plain(watched.task)} is {watched.status} after {age:.0f} s{money}"
    )


def _plain(identity: str) -> str:
    """What a server calls a task, as it can be shown."""
    return "".join(char if char.isprintable() else "." for char in identity[:60])


def unpriced_hint(title: str) -> str:
    """Why requests without a price are not sent, and what helps."""
    return f"no price is known for {title}: add --assume-price AMOUNT, which says what a task costs at most"


def spend_line(title: str, ledger: Ledger) -> str:
    """What was spent, in one line."""
    tasks = sum(entry.state is ReservationState.SETTLED for entry in ledger.entries.copy())
    most = "no limit" if ledger.cap is None else f"of {ledger.amount(ledger.cap)}"
    line = f"{title} spent {ledger.amount(ledger.spent)} {most} on {tasks} task{'s' if tasks != 1 else ''}"
    if ledger.unknown:
        line += f"; {ledger.amount(ledger.unknown)} more may be due for requests without a clear answer"
    unwanted = sum(entry.unwanted for entry in ledger.entries.copy())
    if unwanted:
        line += f"; {unwanted} of them should have been refused"
    if dear := ledger.declined - ledger.unpriced:
        line += f"; {dear} request{'s were' if dear > 1 else ' was'} not sent for want of budget"
    if unpriced := ledger.unpriced:
        line += f"; {unpriced} request{'s were' if unpriced > 1 else ' was'} not sent: {unpriced_hint(title)}"
    return line
