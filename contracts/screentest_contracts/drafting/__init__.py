"""Drafts documents: x-task from a plain OpenAPI description, where what it guesses is marked and what it cannot know is
listed; and an overlay that extends a document."""

from screentest_contracts.drafting.draft import Draft, Named, draft, draft_file
from screentest_contracts.drafting.skeleton import skeleton

__all__ = ["Draft", "Named", "draft", "draft_file", "skeleton"]
