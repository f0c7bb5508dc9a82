"""The contact sheet: which moments it shows, with and without the clip."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_up import recording, walker

from vid2pose3d.errors import InputError
from vid2pose3d.render import reprojections, write_sheet
from vid2pose3d.video import VideoReader, VideoWriter


def picture(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1]


def brightening_clip(path: Path) -> Path:
    with VideoWriter(path, width=160, height=120, fps=10) as writer:
        for number in range(20):
            writer.write(np.full((120, 160, 3), 20 + 10 * number, np.uint8), number / 10)
    return path


def test_moments_are_evenly_spaced_and_in_order(tmp_path: Path) -> None:
    with VideoReader(brightening_clip(tmp_path / "clip.mp4")) as reader:
        write_sheet(tmp_path / "out.png", recording([walker(13, first=4)]), reader=reader, moments=4,
                    progress=lambda done, total: None)
    sheet = picture(tmp_path / "out.png")
    assert sheet.shape == (2 * 308 + 8, 3 * 708 + 8, 3)  # a moment is 400 + 300 pixels wide
    corners = [sheet[308 * row + 20, 708 * column + 400].mean() for row, column in ((0, 0), (0, 1), (0, 2), (1, 0))]
    assert corners == pytest.approx([60, 100, 140, 180], abs=4)  # frames 4, 8, 12, 16
    assert (sheet[320:600, 1000:] == 255).all()


def test_without_the_clip_only_the_3d_is_shown(tmp_path: Path) -> None:
    write_sheet(tmp_path / "out.png", recording([walker(2)]), reader=None, progress=lambda done, total: None)
    sheet = picture(tmp_path / "out.png")
    assert sheet.shape == (316, 624, 3)
    for left in (8, 316):
        assert (np.ptp(sheet[40:270, left:left + 300].astype(int), axis=-1) > 40).sum() > 100


def test_nobody(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody is in this result"):
        write_sheet(tmp_path / "out.png", recording([]), reader=None, progress=lambda done, total: None)
    assert list(tmp_path.iterdir()) == []


def test_reprojections_are_the_pixels_of_the_3d_joints() -> None:
    motion = walker(3)
    motion.joints_camera[1, 4, 2] = -1.0
    motion.joints_camera[2, 5] = np.nan
    (pixels,) = reprojections(recording([motion]))
    expected = motion.person.xy.copy()  # the made-up 2D is that of the joints
    expected[1, 4] = expected[2, 5] = np.nan
    np.testing.assert_allclose(pixels, expected, atol=1e-9)
