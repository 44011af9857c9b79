"""What Evolink's witness takes: the parameters of its pages, model by model."""

from typing import Any
from urllib.parse import urlsplit

from common import FaultError, Json, Studio, private, web_address, whole

RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")


def invalid(message: str = "Invalid request parameters", code: str = "invalid_request") -> FaultError:
    return FaultError(400, code, message, "invalid_request_error")


def check(body: Json, kind: str, studio: Studio) -> None:
    """Raises FaultError for a body that breaks the model's rules."""
    on = studio.on
    if "prompt" in body and not isinstance(body["prompt"], str) and not on("prompt-number-accepted"):
        raise invalid("prompt must be a string")
    prompt = body.get("prompt", "")
    if (
        kind != "image-to-video"
        and not (on("prompt-missing-accepted") and "prompt" not in body)
        and not str(prompt).strip()
    ):
        raise invalid("prompt is required")
    if on("i2v-prompt-demanded") and not prompt:
        raise invalid("prompt is required")
    if (on("prompt-long-refused") and len(prompt) > 5000) or (
        on("prompt-chinese-refused") and len(prompt.encode()) > 7500
    ):
        raise invalid("prompt too long")

    quality = body.get("quality", "720p")
    if on("quality-any-case"):
        quality = str(quality).lower()
    if quality not in ("720p", "1080p")[: 1 if on("quality-1080p-refused") else 2] and not on("quality-any-accepted"):
        raise invalid("quality must be one of 720p, 1080p")

    seed = body.get("seed", 0)
    fine = whole(seed, 0, 2**31 - 1)
    fine = fine or (on("seed-negative-accepted") and seed == -1) or (on("seed-huge-accepted") and whole(seed, 0, 2**40))
    fine = fine or (on("seed-string-accepted") and isinstance(seed, str))
    refused = (on("seed-zero-refused") and "seed" in body and seed == 0) or (
        on("seed-largest-refused") and seed == 2**31 - 1
    )
    if on("seed-zero-refused-others") and kind != "text-to-video" and "seed" in body and seed == 0:
        refused = True
    if not fine or refused:
        raise invalid("seed out of range")

    if kind != "video-edit":
        duration = body.get("duration", 5)
        fine = whole(duration, 3, 15)
        fine = fine or (on("duration-16-accepted") and duration == 16) or (on("duration-2-accepted") and duration == 2)
        fine = fine or (on("duration-string-accepted") and isinstance(duration, str) and duration.isdigit())
        fine = fine or (on("duration-fraction-accepted") and isinstance(duration, float))
        fine = fine or (on("float-duration-accepted") and duration in range(3, 16))
        if not fine or (on("duration-15-refused") and duration == 15) or (on("duration-3-refused") and duration == 3):
            raise invalid("duration must be an integer from 3 to 15")
    if kind in ("text-to-video", "reference-to-video"):
        ratio = body.get("aspect_ratio", "16:9")
        if (ratio not in RATIOS and not on("ratio-any-accepted")) or (on("ratio-9:21-refused") and ratio == "9:21"):
            raise invalid("aspect_ratio is not supported")
    check_media(body, kind, studio)
    if body.get("callback_url"):
        check_callback(body["callback_url"], studio)
    if on("unknown-field-refused") and set(body) - {
        *("model", "prompt", "quality", "seed", "callback_url", "aspect_ratio", "duration"),
        *("image_urls", "video_urls", "video_url", "video", "keep_original_sound"),
    }:
        raise invalid("unknown field")


def check_media(body: Json, kind: str, studio: Studio) -> None:
    on = studio.on
    images = body.get("image_urls")
    low, high = {"image-to-video": (1, 1), "reference-to-video": (1, 9), "video-edit": (0, 5)}.get(kind, (0, 10**6))
    if kind == "text-to-video":
        return
    if images is None:
        excused = on("r2v-no-images-accepted") and kind == "reference-to-video"
        excused = excused or (on("i2v-no-image-accepted") and kind == "image-to-video")
        if low and not excused:
            raise invalid("image_urls is required")
    else:
        if on("i2v-two-images"):
            high = max(high, 2)
        if on("r2v-ten-images-accepted", "edit-six-images-accepted"):
            high += high > 1
        if on("r2v-nine-images-refused"):
            high = min(high, 8)
        if on("r2v-empty-images-accepted"):
            low = 0
        if (
            not isinstance(images, list)
            or not low <= len(images) <= high
            or not all(web_address(each) for each in images)
        ):
            raise invalid("image_urls is not valid")
        if on("http-image-refused") and any(each.startswith("http:") for each in images):
            raise invalid("image_urls must be https")
    if kind == "video-edit":
        videos: Any = (
            body.get("video_urls") or [each for each in (body.get("video_url"), body.get("video")) if each][:1]
        )
        if not videos and not on("edit-no-video-accepted"):
            code = "no_video" if on("edit-no-video-code") else "missing_video_urls"
            raise invalid("happyhorse-1.0-video-edit requires video_urls or video_url", code)
        if videos and not (isinstance(videos, list) and len(videos) == 1 and web_address(videos[0])):
            raise invalid("video_urls must hold one URL")
        if not all(web_address(body.get(name, "https://x.test/")) for name in ("video_url", "video")):
            raise invalid("video_url is no address")
        if type(body.get("keep_original_sound", False)) is not bool and not on("edit-sound-string-accepted"):
            raise invalid("keep_original_sound must be a boolean")


def check_callback(address: object, studio: Studio) -> None:
    if not isinstance(address, str) or (len(address) > 2048 and not studio.on("callback-long-accepted")):
        raise invalid("callback_url is too long")
    parts = urlsplit(address)
    if parts.scheme != "https" and not (studio.on("callback-http-accepted") and parts.scheme == "http"):
        raise invalid("callback_url must be https")
    if private(parts.hostname or "") and not studio.on("callback-private-accepted"):
        raise invalid("callback_url must not be private")
