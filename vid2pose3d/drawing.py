"""Drawing the results of `run` as a video, a page or a contact sheet."""

from contextlib import ExitStack
from pathlib import Path

from vid2pose3d.export.json import read_json
from vid2pose3d.given_keypoints import check_picture
from vid2pose3d.render import (
    TURN,
    reprojections,
    write_overlay,
    write_page,
    write_sheet,
    write_side_by_side,
    write_view3d,
)
from vid2pose3d.reporter import Reporter
from vid2pose3d.settings import View
from vid2pose3d.video import VideoReader


def render(
    result: Path, path: Path, *, view: View, video: Path | None, turn: float = TURN, reporter: Reporter
) -> None:
    """Draw the result file of `run` as the file `path`: a video, a page or a contact sheet.

    video: its clip, which `overlay` and `both` need and `html` and `sheet` show where it is given. turn: degrees per
    second by which a 3D video's view circles. Raises InputError where one of the files cannot be used or the clip is
    not the one that the result is about.
    """
    recording = read_json(result)

    def progress(done: int, total: int) -> None:
        reporter.progress("render", done, total or None)

    with ExitStack() as stack:
        reader = None
        if video is not None and view != "3d":
            start, end = recording.settings.get("start"), recording.settings.get("end")
            reader = stack.enter_context(VideoReader(video, start=start, end=end))
            check_picture(result, recording.clip, reader.clip)
        if view == "html":
            write_page(path, recording, reader=reader, progress=progress)
        elif view == "sheet":
            write_sheet(path, recording, reader=reader, progress=progress)
        elif reader is None:
            write_view3d(path, recording, turn=turn, progress=progress)
        elif view == "overlay":
            people = [motion.person for motion in recording.people]
            write_overlay(path, reader, people, reprojected=reprojections(recording), action=recording.action,
                          progress=progress)
        else:
            write_side_by_side(path, reader, recording, turn=turn, progress=progress)
