"""Does to the store what an operation asks for."""

from collections.abc import Callable

from screentest_mockserver.state.effects import Booked, Effect, FileAdded, FileWhole, TaskAdded, TaskChanged
from screentest_mockserver.state.hooks import NO_HOOKS, Call
from screentest_mockserver.state.records import Added
from screentest_mockserver.state.store import ProviderStore


def save(store: ProviderStore, call: Call, effects: tuple[Effect, ...], notify: Callable[[], None]) -> Added:
    """Saves effects, and says what came of adding a task. A deviation may leave some out, and may give an id or a key
    twice. `notify` is called where there is a callback to deliver."""
    added = Added.DONE
    deviates = call.hooks is not NO_HOOKS
    if deviates:
        effects = call.hooks.effects(call, effects)
    bookings = [effect.booking for effect in effects if isinstance(effect, Booked)]
    for effect in effects:
        if isinstance(effect, TaskAdded):
            added = store.add_task(
                effect.task,
                aliases=effect.aliases,
                keys=effect.keys,
                callbacks=effect.callbacks,
                bookings=bookings,
                replace=deviates,
            )
            bookings = []
            if effect.callbacks:
                notify()
        elif isinstance(effect, TaskChanged):
            store.change_task(effect.task_id, effect.plan, effect.callbacks)
            notify()
        elif isinstance(effect, Booked):
            if effect.booking in bookings:  # those of a new task are kept with it
                store.book(effect.booking)
        elif isinstance(effect, FileAdded):
            store.add_file(effect.file)
        elif isinstance(effect, FileWhole):
            store.mark_file_whole(effect.address)
        else:
            store.remove_task(effect.task_id)
    return added
