"""The words in which vendors of asynchronous jobs commonly speak: for drafting x-task, and for reading plain samples.

Guesses by name only. What a provider document says is never overruled by them.
"""

import re
from typing import Final

CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "queued": (
        *("queued", "pending", "submitted", "waiting", "created", "accepted", "notstart", "notstarted", "inqueue"),
        *("scheduled", "received", "enqueued", "starting", "new", "open", "wait", "queueing", "queuing"),
        *("throttled", "requested", "staged"),
    ),
    "running": (
        *("running", "processing", "inprogress", "started", "generating", "active", "working", "dreaming", "rendering"),
        *("preparing", "executing", "run", "busy"),
        *(
            "initializing",
            "initialising",
            "preprocessing",
            "postprocessing",
            "finalizing",
            "finalising",
            "canceling",
            "cancelling",
        ),
    ),
    "succeeded": (
        *("succeeded", "success", "successful", "completed", "complete", "done", "finished", "ready", "finish"),
        *("succeed", "ok"),
    ),
    "failed": ("failed", "failure", "error", "fail", "errored", "rejected", "aborted", "bad", "broken"),
    "cancelled": ("cancelled", "canceled", "stopped", "revoked", "deleted", "terminated"),
    "expired": ("expired", "timeout", "timedout"),
}
"""Status words by class, in small letters without marks between them."""

STATUS_MEMBERS: Final = (
    *("status", "task_status", "state", "taskStatus", "job_status", "task_state", "job_state", "phase", "stage"),
)
RESULT_MEMBERS: Final = (
    *("video_url", "videoUrl", "result_url", "output_url", "results", "result", "videos", "output", "outputs", "url"),
    *("download_url", "file_url", "video", "content_url"),
)
ERROR_MEMBERS: Final = ("error", "fail_reason", "failure_reason", "error_message", "failed_reason", "errors")
PROGRESS_MEMBERS: Final = ("progress", "percent", "percentage", "progress_percent", "completion")

TIMES: Final[dict[str, tuple[str, ...]]] = {
    "created": ("created", "created_at", "createdat", "create_time", "created_time", "creation_time"),
    "submitted": ("submitted", "submitted_at", "submit_time", "queued_at", "enqueued_at"),
    "started": ("started", "started_at", "start_time", "scheduled_time", "startedat", "processing_at"),
    "updated": ("updated", "updated_at", "update_time", "updatedat", "modified_at"),
    "finished": (
        *("finished", "finished_at", "finish_time", "completed_at", "end_time", "ended_at", "completedat", "failed_at"),
        *("complete_time", "completion_time", "finishedat"),
    ),
    "link_expires": ("url_expires_at", "link_expires_at", "expires", "expires_at", "expire_time", "expiresat"),
}
"""Names of members that hold a time, by the moment they tell; in the order in which these moments come."""


def class_of_word(word: str) -> str | None:
    """The class that a status word most likely has, or None for an unusual one."""
    plain = re.sub("[^a-z]", "", word.lower())
    return next((name for name, words in CLASSES.items() if plain in words), None)


_PROGRESS = re.compile(
    "(?:percentage|percent|pct|progress|done|completed|complete|completion|finished|current|overall|value|"
    "job|task|rendering|render|video|generation)+"
)


def tells_progress(name: str) -> bool:
    """Whether a number of this name most likely tells how far a task is: `percentDone`, `job_progress`."""
    plain = re.sub("[^a-z]", "", name.lower())
    return _PROGRESS.fullmatch(plain) is not None and re.search("percent|pct|progress", plain) is not None


def moment_of_member(name: str) -> str | None:
    """The moment that a member of this name most likely tells: `created`, `finished` and so on."""
    plain = name.lower()
    return next((moment for moment, names in TIMES.items() if plain in names), None)


_SPAN = re.compile(
    r"(?<![\d.])(\d{1,4}|one|two|three|seven|twelve|twenty-four|thirty)[ -](second|minute|hour|day|week)s?\b", re.I
)
_WORDS = {"one": 1, "two": 2, "three": 3, "seven": 7, "twelve": 12, "twenty-four": 24, "thirty": 30}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_LIVES = re.compile(r"valid|expire|lives?\b|available|works for|kept|good for|download", re.I)
_ABOUT = re.compile(r"link|url|address|file|result|video|output", re.I)


def stated_life(text: str) -> float | None:
    """Seconds that a text about an address gives it to live, or None."""
    if not (_LIVES.search(text) and _ABOUT.search(text)):
        return None
    match = _SPAN.search(text)
    if match is None:
        return None
    number = _WORDS.get(match[1].lower()) or int(match[1])
    return float(number * _SECONDS[match[2].lower()])
