"""What a `Store` of your own is given and gives back: plain records, and the plain form of a task.

A store that keeps objects needs none of it: `screentest.MemoryStore` is one to begin from. A store that keeps bytes
writes a task with `dump_task`, and reads it with `load_task` by the contract and the accounts that `Store.provider`
was given.

>>> import screentest
>>> from screentest import stores, testing
>>> contract = screentest.load_contract("acme.yaml")
>>> task = testing.StoreSubject(screentest.MemoryStore, contract).task("job-1")
>>> plain = stores.dump_task(task)
>>> stores.load_task(plain, contract, {task.account.name: task.account}).id
'job-1'
"""

from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.notes import Notes
from screentest_mockserver.state.records import Added, Booking, CallbackDue, File, Key, Lease, Remembered, Taken
from screentest_mockserver.state.store import Opened, StoreLostError
from screentest_mockserver.stores.opening import open_store
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.task import Task, dump_task, load_task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery, Entry

__all__ = [
    "Account",
    "Added",
    "Booking",
    "CallbackDue",
    "Choices",
    "Delivery",
    "Entry",
    "File",
    "Key",
    "Lease",
    "Notes",
    "Opened",
    "Plan",
    "Remembered",
    "StoreLostError",
    "Taken",
    "Task",
    "dump_task",
    "load_task",
    "open_store",
]
