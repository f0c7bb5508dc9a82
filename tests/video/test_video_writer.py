"""What the writer leaves on disk, read back with PyAV and OpenCV."""

import resource
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numbered_clips import number_of, picture

from vid2pose3d.errors import InputError
from vid2pose3d.video import VideoReader, VideoWriter

UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.51, 0.7, 1.3]


def write(path: Path, times: list[float], *, fps: float = 30.0, end: float | None = None) -> None:
    with VideoWriter(path, width=128, height=96, fps=fps) as writer:
        for number, time in enumerate(times):
            writer.write(picture(number), time)
        writer.end = end


def packets(path: Path) -> list[tuple[float, float]]:
    """(time, duration) seconds of each picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        found = [packet for packet in container.demux(stream) if packet.size]
        return sorted((float(packet.pts * base), float(packet.duration * base)) for packet in found)


def test_stream_is_h264_that_players_take(tmp_path):
    write(tmp_path / "out.mp4", [0.0, 0.1])
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert "mp4" in container.format.name


def test_time_stamps_and_pictures_survive(tmp_path):
    write(tmp_path / "out.mp4", UNEVEN, fps=6 / 1.3)
    with VideoReader(tmp_path / "out.mp4") as reader:
        frames = list(reader)
    assert [number_of(frame.image) for frame in frames] == list(range(7))
    assert np.allclose([frame.time for frame in frames], UNEVEN, atol=1e-5)


@pytest.mark.parametrize("fps", [23.976, 30000 / 1001, 25.0, 60.0, 0.5, 240.0])
def test_rate_and_length(tmp_path, fps):
    write(tmp_path / "out.mp4", [number / fps for number in range(50)], fps=fps)
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(fps, rel=1e-4)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 50
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration / av.time_base == pytest.approx(50 / fps, abs=2e-3)


def test_last_frame_ends_where_told(tmp_path):
    write(tmp_path / "out.mp4", UNEVEN, fps=5.0, end=1.7)
    assert packets(tmp_path / "out.mp4")[-1] == (pytest.approx(1.3, abs=1e-4), pytest.approx(0.4, abs=1e-3))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration / av.time_base == pytest.approx(1.7, abs=2e-3)


def test_first_frame_is_shown_at_once(tmp_path):
    write(tmp_path / "out.mp4", [7.0, 7.1, 7.2])
    assert [time for time, _ in packets(tmp_path / "out.mp4")] == pytest.approx([0.0, 0.1, 0.2], abs=1e-4)


@pytest.mark.parametrize(("width", "height"), [(65, 49), (64, 49), (1, 1), (3, 2)])
def test_odd_sides_get_one_more_pixel_at_the_far_end(tmp_path, width, height):
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = 255
    with VideoWriter(tmp_path / "out.mp4", width=width, height=height, fps=10) as writer:
        for number in range(3):
            writer.write(image, number / 10)
    seen = cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1]
    assert seen.shape == (height + height % 2, width + width % 2, 3)
    if width > 8:
        edges = [int(np.abs(np.diff(line.astype(int))).argmax()) for line in (seen[2, :, 0], seen[:, 2, 0])]
        assert edges == [width // 2 - 1, height // 2 - 1]


def test_colours_survive(tmp_path):
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [230, 159, 0]], np.uint8)
    image = np.repeat(np.repeat(colours[None], 64, axis=0), 32, axis=1)
    with VideoWriter(tmp_path / "out.mp4", width=128, height=64, fps=10) as writer:
        writer.write(image, 0.0)
    with VideoReader(tmp_path / "out.mp4") as reader:
        seen = next(iter(reader)).image[32, 16::32]
    assert np.abs(seen.astype(int) - colours.astype(int)).max() <= 6


def test_misuse_is_refused_and_leaves_nothing(tmp_path):
    for images, times in (([picture(0), picture(1)], [0.5, 0.5]), ([picture(0, width=64)], [0.0]), ([], [])):
        writer = VideoWriter(tmp_path / "out.mp4", width=128, height=96, fps=30)
        with pytest.raises(ValueError, match="come after|has shape|no frame was written"), writer:
            for image, time in zip(images, times, strict=True):
                writer.write(image, time)
        assert list(tmp_path.iterdir()) == []


def test_interruption_keeps_the_earlier_file(tmp_path):
    path = tmp_path / "out.mp4"
    write(path, [0.0])
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), VideoWriter(path, width=128, height=96, fps=30) as writer:
        writer.write(picture(1), 0.0)
        writer.write(picture(2), 0.1)
        raise KeyboardInterrupt
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == before


def test_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*nowhere/out.mp4: No such file"):
        write(tmp_path / "nowhere" / "out.mp4", [0.0])


@contextmanager
def file_size_limit(limit: int):
    """Writing past `limit` bytes fails with EFBIG, much as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_room_for_the_file(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    with file_size_limit(20_000), pytest.raises(InputError, match=r"cannot write .*: File too large"), \
            VideoWriter(tmp_path / "out.mp4", width=128, height=96, fps=30) as writer:
        for number in range(60):
            writer.write(np.roll(noise, number, axis=1), number / 30)
    assert list(tmp_path.iterdir()) == []
