"""Documents that are read, and how a refusal of one has to look."""

from pathlib import Path

import pytest

from screentest_contracts import DocumentError, UsageError, load_contract


def refused(file: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_contract(file)
    assert str(caught.value).startswith(f"{file}: not a usable provider document\n")
    return caught.value


def usable_or_refused(file: Path) -> bool:
    """Whether a document is read, or refused with a message that names the file."""
    try:
        load_contract(file)
    except UsageError as error:
        return str(file) in str(error)
    return True
