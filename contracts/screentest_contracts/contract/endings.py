"""Operations that end or remove a task."""

from dataclasses import dataclass

from screentest_contracts.contract.lifecycle import StatusClass
from screentest_contracts.contract.operations import Role
from screentest_contracts.facts import Fact
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class CancelRule:
    """An operation that ends or removes a task: in which classes of status it cancels, in which it deletes, in which
    readings differ on what it does (`unsure`), and what it answers (`body` None: no body at all)."""

    classes: tuple[StatusClass, ...]
    deletes: tuple[StatusClass, ...]
    unsure: tuple[StatusClass, ...]
    body: Template | None
    fact: Fact

    @property
    def possible(self) -> frozenset[StatusClass]:
        """The classes in which it may do something."""
        return frozenset((*self.classes, *self.deletes, *self.unsure))

    def usual(self, role: Role) -> tuple[StatusClass, ...]:
        """The classes in which a call of this role does what the role is for, by every reading."""
        return self.sure_deletes if role is Role.DELETE else self.sure_cancels

    @property
    def sure_deletes(self) -> tuple[StatusClass, ...]:
        """The classes in which it deletes by every reading."""
        return tuple(each for each in self.deletes if each not in self.unsure)

    @property
    def sure_cancels(self) -> tuple[StatusClass, ...]:
        """The classes in which it cancels by every reading."""
        return tuple(each for each in self.classes if each not in self.unsure)
