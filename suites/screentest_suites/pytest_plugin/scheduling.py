"""How pytest-xdist deals out items when a server is judged. Imported only where pytest-xdist is."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]


class ByProvider(LoadScopeScheduling):  # type: ignore[misc]
    """All items of one provider run on one worker."""

    def _split_scope(self, nodeid: str) -> str:
        """`...::test_requirement[NAME:query.status.known]` -> `NAME`; what pytest-xdist documents to be overridden."""
        return nodeid.partition("[")[2].partition(":")[0]
