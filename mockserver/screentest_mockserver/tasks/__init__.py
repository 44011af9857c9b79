"""The life of a task: plan, scenario, store, and the video it ends in."""
