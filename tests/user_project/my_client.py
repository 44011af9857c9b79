"""A client of a video API, as a user of Screentest has one."""

from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Task:
    """A task as the client last saw it."""

    client: "Client"
    id: str
    status: str = "pending"

    @property
    def failed(self) -> bool:
        """Whether the task has ended without a video."""
        return self.status == "failed"

    def refresh(self) -> "Task":
        """The task as it is now."""
        answer = self.client.http.get(f"/v1/tasks/{self.id}").raise_for_status().json()
        return Task(self.client, self.id, answer["status"])


class Client:
    """Talks to one base address with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        self.http = httpx.Client(base_url=base_url, headers={"authorization": f"Bearer {key}"})

    def create(self, prompt: str) -> Task:
        """Starts a video."""
        body = {"model": "happyhorse-1.0-text-to-video", "prompt": prompt}
        answer = self.http.post("/v1/videos/generations", json=body).raise_for_status()
        return Task(self, answer.json()["id"])
