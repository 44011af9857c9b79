"""Drafts x-task from a plain OpenAPI description. What it guesses is marked, what it cannot know is listed."""

from screentest_contracts.drafting.draft import Draft, draft, draft_file

__all__ = ["Draft", "draft", "draft_file"]
