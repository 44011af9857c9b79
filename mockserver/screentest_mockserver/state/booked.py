"""What tasks take from the balances of accounts, in memory."""

from screentest_mockserver.state.records import Booking


class BookedAccounts:
    """The bookings of each account, the newest of each task. They outlive their tasks, so none is forgotten."""

    def __init__(self) -> None:
        self._bookings: dict[str, dict[str, Booking]] = {}

    def book(self, booking: Booking) -> None:
        self._bookings.setdefault(booking.account, {})[booking.task_id] = booking

    def bookings(self, account: str) -> list[Booking]:
        return list(self._bookings.get(account, {}).values())

    def clear_bookings(self) -> None:
        """Forgets all of them."""
        self._bookings.clear()
