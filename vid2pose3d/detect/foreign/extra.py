"""What this program adds to the files that it writes for others, so that nothing is lost: the key `vid2pose3d`."""

from typing import Any

from vid2pose3d.tracks_json import read_clip


def read_extra(extra: dict[str, Any] | None) -> dict[str, Any]:
    """Fields of Sights from the object that stands under `vid2pose3d`; none where there is no such object."""
    if not extra or "video" not in extra:
        return {}
    clip = read_clip(extra["video"])
    return {"clip": clip, "size": (clip.width, clip.height), "fps": clip.fps, "detector": extra.get("detector")}
