"""Small files to upload: valid, and as large as a vendor may want them."""

from base64 import b64decode
from functools import lru_cache

from screentest_mockserver.tasks.video import make_video

PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAoAAAAKAAQAAAAAktvSOAAAAy0lEQVR42u3MMQEAAAwCIPuX1hI7dkAA0mMRCoVCoVAoFAqFQqFQ"
    "KBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQKhUKhUCgUCoVC"
    "oVAoFAqFQqFQKBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQKhUKhUCgUCoVCoVAoFAqFQqFQKBQK"
    "hUKhUCgUCoVCoVAo/B0O8zxDqlKQDEQAAAAASUVORK5CYII="
)
"""A white PNG of 640x640 pixels. Not made here: other versions of zlib write other bytes, which no recording knows."""


@lru_cache
def small_file(media: str) -> tuple[str, bytes]:
    """Name and bytes of a file of this media type: `image/png` or `video/mp4`."""
    if media == "video/mp4":
        return "screentest.mp4", make_video(width=640, height=640, seconds=2).data
    return "screentest.png", PICTURE
