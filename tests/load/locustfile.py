"""A locustfile as a user has it: the address comes from `--host`, what may be spent from here."""

import os

from screentest.load import user_class

Parcels = user_class(
    os.environ["PARCELS_DOCUMENT"],
    reports=[os.environ["PARCELS_REPORT"]] if "PARCELS_REPORT" in os.environ else [],
    poll_interval=0.03,
    max_spend=os.environ.get("PARCELS_SPEND"),
    assume_price="1",
)
