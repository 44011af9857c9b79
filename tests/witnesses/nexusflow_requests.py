"""What nexusflow's witness takes: the page's parameter table."""

from common import FaultError, Json, Studio, web_address, whole

MODELS = ("happyhorse-1.0-t2v", "happyhorse-1.0-i2v", "happyhorse-1.0-r2v", "happyhorse-1.0-video-edit")
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
MORE_RATIOS = ("4:5", "5:4", "9:21", "21:9")


def invalid(message: str, code: str = "invalid_request", status: int = 400) -> FaultError:
    return FaultError(status, code, message)


def check(body: Json, model: str, studio: Studio) -> None:
    """Raises FaultError for a body that breaks the page's parameter table."""
    on, kind = studio.on, model.removeprefix("happyhorse-1.0-")
    prompt = body.get("prompt")
    if prompt is None:
        if kind in ("t2v", "r2v") and not on("prompt-missing-accepted"):
            if on("adapter-error"):
                raise FaultError(500, "adapter_error", "Prompt is required")
            raise invalid("Missing model or prompt")
    elif not isinstance(prompt, str):
        if not on("prompt-number-accepted"):
            raise invalid("prompt must be a string")
    elif on("prompt-chinese-refused") and len(prompt) > 2400:
        raise invalid("prompt too long")

    resolution = body.get("resolution", "720P")
    if on("resolution-any-case") and isinstance(resolution, str):
        resolution = resolution.upper()
    if resolution not in ("720P", "1080P") and not on("resolution-any-accepted"):
        raise invalid("resolution must be 720P or 1080P")
    if on("resolution-1080-refused") and resolution == "1080P":
        raise invalid("resolution must be 720P")

    ratio = body.get("ratio", "16:9")
    if kind in ("t2v", "r2v"):
        fine = ratio in RATIOS or (on("nine-ratios") and ratio in MORE_RATIOS) or on("ratio-any-accepted")
        if not fine or (on("ratio-3:4-refused") and ratio == "3:4"):
            raise invalid("ratio is not supported")

    duration = body.get("duration", 5)
    fine = whole(duration, 3, 15) or (on("duration-zero") and duration == 0)
    fine = fine or (on("duration-16-accepted") and duration == 16) or (on("duration-2-accepted") and duration == 2)
    fine = fine or (on("duration-string-accepted") and isinstance(duration, str) and duration.isdigit())
    if not fine or (on("duration-15-refused") and duration == 15) or (on("duration-3-refused") and duration == 3):
        raise invalid("duration must be within 3..15", status=422 if on("range-422") else 400)

    seed = body.get("seed", 0)
    fine = whole(seed, 0, 2**31 - 1) or (on("seed-negative-accepted") and seed == -1)
    if not (fine or (on("seed-huge-accepted") and whole(seed, 0, 2**50))) or (
        on("seed-largest-refused") and seed == 2**31 - 1
    ):
        raise invalid("seed must be within 0..2147483647", status=422 if on("range-422") else 400)
    if on("seed-zero-refused") and "seed" in body and seed == 0:
        raise invalid("seed must be positive")
    if type(body.get("watermark", True)) is not bool and not on("watermark-text-accepted"):
        raise invalid("watermark must be a boolean")
    if on("watermark-false-refused") and body.get("watermark") is False:
        raise invalid("watermark cannot be switched off")
    check_media(body, kind, studio)
    if on("webhook-refused") and "webhook_url" in body:
        raise invalid("webhook_url is not supported")


def check_media(body: Json, kind: str, studio: Studio) -> None:
    on = studio.on
    images = body.get("img_urls")
    if images is not None and not (isinstance(images, list) and all(map(web_address, images))):
        raise invalid("img_urls must be a list of URLs")
    image, video = body.get("img_url"), body.get("video_url")
    if kind == "i2v" and not web_address(image) and not on("i2v-no-image-accepted"):
        raise invalid("img_url is required")
    if kind == "r2v" and not 1 <= len(images or ([image] if web_address(image) else [])) <= 9:
        raise invalid("one to nine reference images are required")
    if kind == "video-edit" and (not web_address(video) or len(images or ()) > 5):
        raise invalid("video_url is required")
