"""What TokenHot's witness takes: DashScope-native bodies, and Ark-native or flat ones for Seedance."""

from common import FaultError, Json, Studio, web_address, whole

HORSES = {f"happyhorse-1.0-{kind}": kind for kind in ("t2v", "i2v", "r2v", "video-edit")}
SEEDANCES = (
    "doubao-seedance-2-0-260128",
    "doubao-seedance-2.0",
    "doubao-seedance-2.0-V2V",
    "doubao-seedance-2.0-fast",
    "doubao-seedance-2.0-fast-V2V",
    "doubao-seedance-1-5-pro-251215",
)
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")
MEDIA = {"i2v": (("first_frame", 1, 1),), "r2v": (("reference_image", 1, 9),), "t2v": ()}


def invalid(message: str) -> FaultError:
    return FaultError(400, "invalid_request", message)


def check_horse(body: Json, kind: str, studio: Studio) -> Json:
    """The clip's wishes from a DashScope-native body. Raises FaultError."""
    on = studio.on
    given, wishes = body.get("input"), body.get("parameters") or {}
    if not isinstance(given, dict) or not isinstance(wishes, dict) or on("input-refused"):
        raise invalid("input is required")
    prompt = given.get("prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise invalid("input.prompt must be a string")
    if kind != "i2v" and not (prompt or "").strip() and not on("prompt-missing-accepted"):
        raise invalid("prompt is required")
    rules = MEDIA.get(kind, (("video", 1, 1), ("reference_image", 0, 5)))
    media = given.get("media") or []
    if not isinstance(media, list) or not all(
        isinstance(each, dict) and web_address(each.get("url")) for each in media
    ):
        raise invalid("input.media is not valid")
    kinds = [each.get("type") for each in media]
    if set(map(str, kinds)) - {role for role, _, _ in rules}:
        raise invalid("input.media has a wrong type")
    for role, low, high in rules:
        low, high = 0 if on("i2v-no-media-accepted") and kind == "i2v" else low, high + on("r2v-ten-media-accepted")
        if not low <= kinds.count(role) <= high:
            raise invalid(f"input.media needs {low} to {high} of {role}")
    tier = wishes.get("resolution", "1080P")
    if tier not in ("720P", "1080P") and not on("resolution-any-accepted"):
        raise invalid("resolution must be 720P or 1080P")
    ratio = wishes.get("ratio", "16:9")
    if kind in ("t2v", "r2v") and ratio not in RATIOS[: 5 if on("nine-images-20mb") else 9]:
        raise invalid("ratio is not supported")
    duration = wishes.get("duration", 5)
    if kind != "video-edit" and not (whole(duration, 3, 15) or (on("duration-16-accepted") and duration == 16)):
        raise invalid("duration must be within 3-15")
    seed = wishes.get("seed", 0)
    if not (whole(seed, 0, 2**31 - 1) or (on("seed-negative-accepted") and seed == -1)):
        raise invalid("seed is out of range")
    mark = wishes.get("watermark", True)
    if type(mark) is not bool or (on("watermark-refused") and mark is False):
        raise invalid("watermark must be a boolean")
    if kind == "video-edit" and wishes.get("audio_setting", "auto") not in ("auto", "origin"):
        raise invalid("audio_setting must be auto or origin")
    shaped = kind in ("t2v", "r2v")
    return {
        "prompt": prompt or "",
        "seconds": duration if kind != "video-edit" else 5,
        "ratio": ratio if shaped else "16:9",
        "tier": str(tier).lower() if tier in ("720P", "1080P") else "720p",
    }


def check_seedance(body: Json, model: str, studio: Studio) -> Json:
    """The clip's wishes from an Ark-native body, or from the flat one with `metadata`. Raises FaultError."""
    on = studio.on
    if "content" in body or on("flat-refused"):
        wishes, items = body, body.get("content")
        if not isinstance(items, list) or not items or not all(isinstance(each, dict) for each in items):
            raise invalid("content is required")
        texts = [each.get("text") for each in items if each.get("type") == "text"]
        prompt = next((text for text in texts if isinstance(text, str)), "")
    else:
        wishes = {**body, **(body.get("metadata") if isinstance(body.get("metadata"), dict) else {})}
        prompt, items = body.get("prompt"), [{"type": "text"}]
        if not isinstance(prompt, str) or not prompt.strip():
            raise invalid("prompt is required")
    kinds = [each.get("type") for each in items]
    for each in items:
        kind = each.get("type")
        holder = each.get(kind) if kind in ("image_url", "video_url", "audio_url") else {"url": "https://x.test/"}
        if kind not in ("text", "image_url", "video_url", "audio_url"):
            raise invalid("content has an unknown type")
        if not isinstance(holder, dict) or not web_address(holder.get("url")):
            raise invalid(f"{kind}.url is not valid")
        if each.get("role") not in (
            None,
            "first_frame",
            "last_frame",
            "reference_image",
            "reference_video",
            "reference_audio",
        ):
            raise invalid("role is not known")
    if kinds.count("image_url") > 9 or kinds.count("video_url") > 3 or kinds.count("audio_url") > 3:
        raise invalid("too many references")
    tiers = ("480p", "720p") if "fast" in model else ("480p", "720p", "1080p", "4k")
    tier, ratio, duration = wishes.get("resolution", "720p"), wishes.get("ratio", "adaptive"), wishes.get("duration", 5)
    if tier not in tiers:
        raise invalid("resolution is not supported")
    if ratio not in ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"):
        raise invalid("ratio is not supported")
    if duration != -1 and not whole(duration, 4, 12 if "1-5" in model else 15):
        raise invalid("duration is out of range")
    for name in ("watermark", "generate_audio", "camera_fixed", "return_last_frame", "draft"):
        if type(wishes.get(name, True)) is not bool:
            raise invalid(f"{name} must be a boolean")
    if not whole(wishes.get("seed", -1), -1, 2**32 - 1):
        raise invalid("seed is out of range")
    return {
        "prompt": prompt,
        "seconds": duration if duration != -1 else 5,
        "ratio": ratio if ratio != "adaptive" else "16:9",
        "tier": tier,
    }
