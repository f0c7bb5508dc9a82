"""What the reader makes of sound, odd and damaged videos."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numbered_clips import number_of, picture, prepare, silence, timed_frame, write_clip

from vid2pose3d.errors import InputError
from vid2pose3d.video import Frame, VideoReader
from vid2pose3d.video.track_tags import track_tags

STEADY = [number / 30 for number in range(40)]
UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.51, 0.7, 1.3]


def read(path: Path, **span: float) -> tuple[list[Frame], VideoReader]:
    with VideoReader(path, **span) as reader:
        return list(reader), reader


def noisy_clip(path: Path) -> tuple[Path, list[tuple[int, int]]]:
    """A clip of noise, which fills its packets; also their places (start, size) in the file."""
    images = list(np.random.default_rng(0).integers(0, 255, (40, 96, 128, 3), dtype=np.uint8))
    write_clip(path, STEADY, images=images, options={"bf": "2", "g": "10", "sc_threshold": "0"})
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    return path, places


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_every_frame_comes_once_in_order(tmp_path, suffix):
    frames, reader = read(write_clip(tmp_path / f"clip{suffix}", STEADY))
    assert [number_of(frame.image) for frame in frames] == list(range(40))
    assert [frame.index for frame in frames] == list(range(40))
    assert np.allclose([frame.time for frame in frames], STEADY, atol=0.6e-3)
    assert frames[0].time == 0.0
    assert reader.warnings == []


def test_uneven_time_stamps_are_kept(tmp_path):
    frames, reader = read(write_clip(tmp_path / "clip.mp4", UNEVEN))
    assert np.allclose([frame.time for frame in frames], UNEVEN, atol=1e-4)
    assert reader.clip.fps == pytest.approx(6 / 1.3, rel=1e-3)


def test_times_count_from_the_first_frame(tmp_path):
    frames, reader = read(write_clip(tmp_path / "clip.mkv", [time + 5.0 for time in STEADY]))
    assert np.allclose([frame.time for frame in frames], STEADY, atol=0.6e-3)
    assert reader.clip.duration == pytest.approx(40 / 30, abs=0.01)


def test_clip_is_declared_at_once_and_decoded_after_reading(tmp_path):
    with VideoReader(write_clip(tmp_path / "clip.mp4", STEADY)) as reader:
        declared = reader.clip
        assert (declared.name, declared.width, declared.height) == ("clip.mp4", 128, 96)
        assert (declared.frames, declared.rotation) == (40, 0)
        list(reader)
        assert reader.clip.frames == 40
        assert reader.clip.fps == pytest.approx(30)
        assert [frame.index for frame in reader] == list(range(40))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pictures_are_upright_as_opencv_has_them(tmp_path, rotation):
    upright = np.zeros((96, 128, 3), np.uint8)
    upright[:48, :64], upright[:48, 64:], upright[48:, :64] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    path = write_clip(tmp_path / "clip.mp4", STEADY[:3], images=[upright] * 3, rotation=rotation)
    frames, reader = read(path)
    seen = cv2.VideoCapture(str(path)).read()[1][..., ::-1]
    assert frames[0].image.shape == seen.shape == (reader.clip.height, reader.clip.width, 3)
    assert reader.clip.rotation == rotation
    assert np.abs(frames[0].image.astype(int) - seen.astype(int)).mean() < 8
    assert np.abs(frames[0].image.astype(int) - np.rot90(upright, rotation // 90).astype(int)).mean() < 8


def test_range_keeps_the_numbers_of_the_whole_clip(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    frames, _ = read(path, start=0.5, end=1.0)
    assert [frame.index for frame in frames] == list(range(15, 30))
    assert [number_of(frame.image) for frame in frames] == list(range(15, 30))
    assert frames[0].time == pytest.approx(0.5, abs=1e-4)
    with VideoReader(path, start=0.5, end=1.0) as reader:
        assert reader.expected_frames == 15


def test_range_outside_the_clip(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    with pytest.raises(InputError, match=r"--start 9 lies outside clip.mp4, which is 1.33 s long"):
        VideoReader(path, start=9.0)
    with pytest.raises(InputError, match="--start 1 is not before --end 0.5"):
        VideoReader(path, start=1.0, end=0.5)
    frames, reader = read(path, start=1.0, end=50.0)
    assert frames[-1].index == 39
    assert reader.warnings == ["--end 50 lies after the end of clip.mp4 (1.33 s); it is read to its end"]


def test_range_between_two_frames_holds_nothing(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", UNEVEN)
    with pytest.raises(InputError, match="has no frame between 0.2 s and 0.4 s"):
        read(path, start=0.2, end=0.4)


@pytest.mark.parametrize(("width", "height"), [(17, 31), (2, 2), (640, 2)])
def test_odd_and_tiny_pictures(tmp_path, width, height):
    images = [np.full((height, width, 3), 40 * number, np.uint8) for number in range(5)]
    path = write_clip(tmp_path / "clip.mkv", STEADY[:5], images=images, codec="ffv1", pixels="bgr0")
    frames, reader = read(path)
    assert [int(frame.image.mean().round()) for frame in frames] == [0, 40, 80, 120, 160]
    assert frames[0].image.shape == (height, width, 3)
    assert (reader.clip.width, reader.clip.height) == (width, height)


def test_one_frame(tmp_path):
    frames, reader = read(write_clip(tmp_path / "clip.mp4", [0.0]))
    assert [(frame.index, frame.time) for frame in frames] == [(0, 0.0)]
    assert reader.clip.frames == 1
    assert reader.clip.fps > 0 and reader.clip.duration > 0


def test_cover_picture_and_sound_are_passed_over(tmp_path):
    path = tmp_path / "clip.mp4"
    cover = timed_frame(np.zeros((512, 512, 3), np.uint8), 0.0, "yuvj420p")
    with av.open(str(path), "w") as container:
        picture_stream = container.add_stream("mjpeg", rate=1)
        prepare(picture_stream, np.zeros((512, 512, 3)), "yuvj420p")
        picture_stream.disposition = av.stream.Disposition.attached_pic
        stream = container.add_stream("libx264", rate=30)
        prepare(stream, picture(0))
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        cover.pts, cover.time_base = 0, Fraction(1)
        container.mux(picture_stream.encode(cover))
        container.mux(silence(sound, 1.5))
        for number, time in enumerate(STEADY):
            container.mux(stream.encode(timed_frame(picture(number), time)))
        container.mux(stream.encode(None))
    frames, reader = read(path)
    assert (reader.clip.width, reader.clip.height) == (128, 96)
    assert [number_of(frame.image) for frame in frames] == list(range(40))


def test_the_main_one_of_several_video_streams_is_read(tmp_path):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        small = container.add_stream("libx264", rate=30)
        large = container.add_stream("libx264", rate=30)
        prepare(small, picture(0, width=32, height=16))
        prepare(large, picture(0))
        large.disposition = av.stream.Disposition.default
        small.disposition = av.stream.Disposition(0)
        for number, time in enumerate(STEADY):
            container.mux(small.encode(timed_frame(picture(0, width=32, height=16), time)))
            container.mux(large.encode(timed_frame(picture(number), time)))
        container.mux(small.encode(None) + large.encode(None))
    frames, _ = read(path)
    assert [number_of(frame.image) for frame in frames] == list(range(40))


def test_pixels_that_are_not_square_are_told(tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        prepare(stream, picture(0))
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(timed_frame(picture(0), 0.0)))
        container.mux(stream.encode(None))
    frames, reader = read(path)
    assert frames[0].image.shape == (96, 128, 3)
    assert [warning.split(";")[0] for warning in reader.warnings] == [
        "clip.mp4 has pixels of 4:3 but they are taken for square"]


def test_sound_only(tmp_path):
    path = tmp_path / "voice.mp4"
    with av.open(str(path), "w") as container:
        container.mux(silence(container.add_stream("aac", rate=16_000, layout="mono"), 1.0))
    with pytest.raises(InputError, match="voice.mp4 has no video stream .found: audio.; give a video file"):
        VideoReader(path)


def test_files_that_are_no_videos(tmp_path):
    text, empty = tmp_path / "text.mp4", tmp_path / "empty.mp4"
    text.write_text("not a video\n" * 200)
    empty.touch()
    for path, message in ((tmp_path / "none.mp4", "none.mp4 does not exist; check"),
                          (tmp_path, "is a folder; give"),
                          (empty, r"empty.mp4 is empty \(0 bytes\)"),
                          (text, "text.mp4 is not a video that can")):
        with pytest.raises(InputError, match=message) as caught:
            VideoReader(path)
        assert "\n" not in str(caught.value)


def test_no_frames(tmp_path):
    path = tmp_path / "clip.avi"
    write_clip(path, [0.0], codec="mjpeg", pixels="yuvj420p")
    content = path.read_bytes()
    start = content.index(b"movi") + 12
    path.write_bytes(content[:start] + bytes(len(content) - start))
    with pytest.raises(InputError, match="holds no frame that can be decoded"):
        VideoReader(path)


def test_cut_off_file_gives_its_good_frames(tmp_path):
    whole, _ = noisy_clip(tmp_path / "whole.mkv")
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    frames, reader = read(cut)
    count = len(frames)
    assert 5 < count < 35
    sound, _ = read(whole)
    for frame in frames:
        assert np.array_equal(frame.image, sound[round(frame.time * 30)].image)
    assert reader.clip.frames == count
    assert len(reader.warnings) == 1
    assert "cut.mkv is" in reader.warnings[0] and f"{count} frames are good and used" in reader.warnings[0]


def test_file_cut_off_before_its_index(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="its index is missing because it was cut off"):
        VideoReader(path)


@pytest.mark.parametrize("length", [60, 3000])
def test_damaged_frames_are_left_out_until_the_next_key_frame(tmp_path, length):
    path, places = noisy_clip(tmp_path / "clip.mp4")
    sound, _ = read(path)
    content = bytearray(path.read_bytes())
    position = places[11][0] + 40
    content[position:position + length] = bytes(255 - byte for byte in content[position:position + length])
    path.write_bytes(content)
    frames, reader = read(path)
    numbers = [round(frame.time * 30) for frame in frames]
    assert numbers[:11] == list(range(11)) and numbers[-20:] == list(range(20, 40))
    assert len(frames) < 40
    for number, frame in zip(numbers, frames, strict=True):
        assert np.array_equal(frame.image, sound[number].image)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert f"{len(frames)} of 40 frames are good and used" in reader.warnings[0]
    assert reader.clip.fps == pytest.approx(30)


def test_nothing_but_damage(tmp_path):
    path, places = noisy_clip(tmp_path / "clip.mp4")
    content = bytearray(path.read_bytes())
    for start, size in places:
        content[start:start + size] = bytes([255]) * size
    path.write_bytes(content)
    with pytest.raises(InputError, match="holds no frame that can be decoded"):
        VideoReader(path)


def test_tags_in_another_encoding(tmp_path):
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Fu~ball"
        stream = container.add_stream("mjpeg", rate=30)
        prepare(stream, picture(0), "yuvj420p")
        for number in range(5):
            container.mux(stream.encode(timed_frame(picture(number), number / 30, "yuvj420p")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"Fu~ball", b"Fu\xdfball"))
    assert len(read(path)[0]) == 5


def test_leaving_early_closes_the_file(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    with VideoReader(path) as reader:
        frames = iter(reader)
        next(frames)
    assert next(frames, None) is None


@pytest.mark.parametrize("name", ["pose2sim_single_cam01.mp4", "torchcodec_nasa_13013_rotated.mp4",
                                  "rtar_exercise_3people.avi", "intel_sign_walk.mkv"])
def test_camera_files_read_as_opencv_reads_them(shared, name):
    path = shared / "clips" / "real" / name
    frames, reader = read(path)
    capture = cv2.VideoCapture(str(path))
    others, times = [], []
    while (got := capture.read())[0]:
        others.append(got[1][..., ::-1])
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    assert len(frames) == len(others) == reader.clip.frames
    assert np.allclose([frame.time for frame in frames], np.array(times) - times[0], atol=1e-3)
    for mine, other in ((frames[0].image, others[0]), (frames[-1].image, others[-1])):
        assert mine.shape == other.shape
        assert np.abs(mine.astype(int) - other.astype(int)).mean() < 6
    assert reader.warnings == []


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def lens_tag(value, kind):
    """A QuickTime metadata box with the tag that phones write; kind: the well-known type of the value's bytes."""
    name = b"com.apple.quicktime.camera.focal_length.35mm_equivalent"
    handler = box(b"hdlr", struct.pack(">II4s12xB", 0, 0, b"mdta", 0))
    keys = box(b"keys", struct.pack(">II", 0, 1) + box(b"mdta", name))
    data = box(b"data", struct.pack(">II", kind, 0) + value)
    return box(b"meta", handler + keys + box(b"ilst", box(struct.pack(">I", 1), data)))


@pytest.mark.parametrize("level", [[b"moov"], [b"moov", b"trak"]])
@pytest.mark.parametrize(("value", "kind", "film"), [
    (b"26.00mm", 1, 26), (struct.pack(">i", 26), 21, 26), (struct.pack(">h", 77), 21, 77),
    (struct.pack(">f", 13.5), 23, 13.5), (b"", 21, None), (b"wide", 1, None),
])
def test_the_lens_of_a_movie_and_of_its_track(tmp_path, level, value, kind, film):
    """Apple writes it to the track (AVMetadataIdentifier quickTimeMetadataCameraFocalLength35mmEquivalent)."""
    path = tmp_path / "phone.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        prepare(stream, picture(1))
        container.mux(stream.encode(timed_frame(picture(1), 0.0, "yuv420p")))
        container.mux(stream.encode(None))
    content, tag = bytearray(path.read_bytes()), lens_tag(value, kind)
    places = [content.index(name) - 4 for name in level]
    assert content.index(b"mdat") < places[0]  # so that no offset to the pictures changes
    end = places[-1] + int.from_bytes(content[places[-1]:places[-1] + 4], "big")
    for place in places:
        content[place:place + 4] = (int.from_bytes(content[place:place + 4], "big") + len(tag)).to_bytes(4, "big")
    path.write_bytes(content[:end] + tag + content[end:])
    frames, reader = read(path)
    assert len(frames) == 1
    assert reader.clip.focal == (pytest.approx(film / np.hypot(36, 24) * np.hypot(128, 96)) if film else None)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\1mdat", b"\0\0\0\0moov", b"\0\0\0\x18moov\0\0\1\0trak\0\0\0",
                                     box(b"moov", box(b"trak", box(b"meta", box(b"keys", b"\0" * 5))))])
def test_damaged_track_tags_are_none(tmp_path, content):
    path = tmp_path / "damaged.mov"
    path.write_bytes(content)
    assert track_tags(path) == {}


@pytest.mark.parametrize(("value", "focal"), [
    ("26", 26 / np.hypot(36, 24) * np.hypot(128, 96)), ("50.00mm", 50 / np.hypot(36, 24) * np.hypot(128, 96)),
    ("26.5 MM", 26.5 / np.hypot(36, 24) * np.hypot(128, 96)), ("wide", None), ("0", None), ("nan", None), ("mm", None),
])
def test_the_focal_length_that_a_phone_wrote_is_known(tmp_path, value, focal):
    path = tmp_path / "phone.mov"
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata["com.apple.quicktime.camera.focal_length.35mm_equivalent"] = value
        stream = container.add_stream("libx264", rate=30)
        prepare(stream, picture(1))
        container.mux(stream.encode(timed_frame(picture(1), 0.0, "yuv420p")))
        container.mux(stream.encode(None))
    frames, reader = read(path)
    assert len(frames) == 1
    assert reader.clip.focal == (pytest.approx(focal) if focal else None)
