"""What TokenBay's witness takes: the video page's members, and `metadata`."""

from common import FaultError, Json, Studio, web_address, whole

MODELS = {f"happyhorse-1.0-{kind}": kind for kind in ("t2v", "i2v", "r2v")}
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")


def invalid(message: str) -> FaultError:
    """A failure of the request itself: HTTP 200 with an error, as the video page says."""
    return FaultError(200, "invalid_request", message, "invalid_request_error")


def check(body: Json, kind: str, studio: Studio) -> None:
    """Raises FaultError for a body that breaks the model's rules."""
    on = studio.on
    prompt = body.get("prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise invalid("prompt must be a string")
    lax = (on("prompt-missing-accepted") and kind == "t2v") or (on("r2v-prompt-missing-accepted") and kind == "r2v")
    if not (prompt or "").strip() and (kind != "i2v" or on("i2v-prompt-demanded")) and not lax:
        raise invalid("prompt is required")
    if prompt and (
        (on("prompt-5000-refused") and len(prompt) > 4000)
        or (on("prompt-chinese-refused") and len(prompt.encode()) > 6000)
    ):
        raise invalid("prompt is too long")
    size = str(body.get("size", "1080P"))
    if on("size-any-case"):
        size = size.upper()
    if (size not in ("720P", "1080P") and not on("size-any-accepted")) or (on("size-720P-refused") and size == "720P"):
        raise invalid("size must be 720P or 1080P")
    duration = body.get("duration", 5)
    if on("numeric-duration") and isinstance(duration, str) and duration.isdigit():
        duration = int(duration)
    fine = whole(duration, 3, 15) or (on("duration-fraction-accepted") and isinstance(duration, float))
    fine = fine or (on("duration-16-accepted") and duration == 16) or (on("duration-2-accepted") and duration == 2)
    if not fine or (on("duration-15-refused") and duration == 15) or (on("duration-3-refused") and duration == 3):
        raise invalid("duration must be within 3-15")
    check_metadata(body, kind, studio)


def check_metadata(body: Json, kind: str, studio: Studio) -> None:
    on, metadata = studio.on, body["metadata"]
    if not isinstance(metadata, dict):
        raise invalid("metadata must be an object")
    ratio = metadata.get("ratio", "16:9")
    if kind == "i2v":
        if on("i2v-ratio-refused") and "ratio" in metadata:
            raise invalid("ratio is not supported for i2v")
    elif (ratio not in RATIOS and not on("ratio-any-accepted")) or (on("ratio-21:9-refused") and ratio == "21:9"):
        raise invalid("ratio is not supported")
    seed = metadata.get("seed", 0)
    fine = whole(seed, 0, 2**31 - 1) or (on("seed-negative-accepted") and seed == -1)
    if not (fine or (on("seed-huge-accepted") and whole(seed, 0, 2**50))) or (
        on("seed-largest-refused") and seed == 2**31 - 1
    ):
        raise invalid("seed is out of range")
    watermark = metadata.get("watermark", True)
    if type(watermark) is not bool and not on("watermark-text-accepted"):
        raise invalid("watermark must be a boolean")
    if on("watermark-false-refused") and watermark is False:
        raise invalid("watermark cannot be switched off")
    style = metadata.get("reference_type", "subject")
    if kind == "r2v" and (style not in ("subject", "style") or (on("reference-type-refused") and style == "style")):
        raise invalid("reference_type must be subject or style")
    inner = metadata.get("input", {})
    media = inner.get("media", []) if isinstance(inner, dict) else None
    roles = {"i2v": ("first_frame",), "r2v": ("reference_image",), "t2v": ("reference_image", "first_frame", "video")}[
        kind
    ]
    if not isinstance(media, list) or not all(
        isinstance(each, dict) and each.get("type", roles[0]) in roles and web_address(each.get("url"))
        for each in media
    ):
        raise invalid("metadata.input.media is not valid")
    if kind == "t2v" and media and on("t2v-media-refused"):
        raise invalid("media is not supported for t2v")
    if kind == "i2v":
        frame = body.get("input_reference")
        if frame is not None and not web_address(frame):
            raise invalid("input_reference must be a URL")
        if on("i2v-media-refused") and media:
            raise invalid("use input_reference")
        if len(media) > 1 or (frame is None and not media and not on("i2v-no-image-accepted")):
            raise invalid("exactly one first frame is required")
    if kind == "r2v":
        low, high = (
            0 if on("r2v-no-media-accepted") else 1,
            9 + on("r2v-ten-media-accepted") - on("r2v-nine-media-refused"),
        )
        if not low <= len(media) <= high:
            raise invalid("1-9 reference images are required")
