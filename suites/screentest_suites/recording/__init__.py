"""Runs on disk: everything a target was asked and answered, to be judged again, continued, compared or served."""
