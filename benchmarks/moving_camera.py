"""Moving cameras: clips whose camera turns, made from rendered ones of still cameras, and how its way is recovered.

    python benchmarks/moving_camera.py -o RESULTS FOLDER... [--ways pan follow ...] [--reuse] [-- OPTIONS OF RUN]

FOLDER has `clip.mp4` and `gt.npz`, or such folders. A turned camera sees each picture warped by the homography
K' R(t) K^-1, where K is the true camera, R(t) its turn (camera point = R(t) x still camera's point) and K' a longer
focal length, so that the window stays within the picture. So the true path is that of the clip, and the true turn
R(t). Turning about its own centre shows no parallax: nothing here measures a camera that travels.

still     the window only (R = 1)           pan       there and back, with a slow roll
follow    after the people, as far as the picture goes          shake     a hand: three sines per axis
zoom      focal length times 1.3, which no turn explains: the world must be called relative

Columns: largest turn; the verdict; degrees between the camera's true and found direction since the first frame, mean
and largest; the pelvis's path as in benchmarks/motion.py (% of the level path walked, rigid and scaled), with the
camera's motion taken out and, in brackets, as it would be if the camera were taken for still. Clips and their 2D are
made once and kept in RESULTS; --reuse also keeps the results that are there.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from motion import clips, mean, measure, run
from scipy.spatial.transform import Rotation

from vid2pose3d.camera_motion import to_world
from vid2pose3d.export.json import read_json
from vid2pose3d.motion import Recording
from vid2pose3d.video import VideoReader, VideoWriter

WINDOW = 0.7
"""Side of the window over that of the picture."""
STEPS = 12
"""Halvings in the search for the largest turn whose window stays within the picture."""
CENTRES = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
"""From pixels whose corner is (0, 0) to OpenCV's, whose centre is."""
Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Angles (F, 3) to the right, down and around, radians, of the frames' times (F,) and people's middle (F, 2), rays."""


def main() -> None:
    arguments, _, passed_on = (" ".join(sys.argv[1:]) + " ").partition(" -- ")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=tuple(WAYS))
    parser.add_argument("--reuse", action="store_true", help="measure results that are there already")
    options = parser.parse_args(arguments.split())
    print("| clip | way | turn | verdict | camera, degrees | path % | scaled |\n" + "|---" * 7 + "|")
    for clip, truth in clips(options.folders):
        for way in options.ways:
            folder = options.out / f"{clip.parent.name}_{way}"
            result = folder / "clip.json"
            if not (folder / "gt.npz").is_file():
                make(clip, truth, folder, way)
            if not (options.reuse and result.is_file()):
                run(folder / "clip.mp4", folder, folder, passed_on.split())
            print(f"| {clip.parent.name} | {way} | {' | '.join(cells(read_json(result), folder / 'gt.npz'))} |",
                  flush=True)


def make(clip: Path, truth_path: Path, folder: Path, way: str) -> None:
    """Write the clip that the turning camera sees, and its truth, to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with np.load(truth_path) as file:
        truth = dict(file)
    with VideoReader(clip) as reader:
        times = np.array([frame.time for frame in reader])
        size = np.array([reader.clip.width, reader.clip.height])
        boxes = truth["bbox_px"].astype(float)
        middle = ((boxes[..., :2] + boxes[..., 2:]) / 2).mean(axis=0)
        sight = (middle - truth["K"][:2, 2]) / truth["K"][0, 0]
        turns, cameras = _fitting(WAYS[way](times, sight), way == "zoom", truth["K"], size)
        warps = cameras @ turns @ np.linalg.inv(truth["K"])
        pixels = CENTRES @ warps @ np.linalg.inv(CENTRES)
        with VideoWriter(folder / "clip.mp4", width=int(size[0]), height=int(size[1]), fps=reader.clip.fps) as writer:
            for frame, warp in zip(reader, pixels, strict=True):
                writer.write(cv2.warpPerspective(frame.image, warp, size.tolist(), flags=cv2.INTER_CUBIC), frame.time)
    points = np.einsum("fij,pfkj->pfki", turns, truth["h36m17_cam_mm"].astype(float))
    seen = np.einsum("fij,pfkj->pfki", cameras, points)
    truth |= {"K": cameras[0], "R": turns @ truth["R"], "h36m17_cam_mm": points, "turns": turns,
              "h36m17_px": seen[..., :2] / seen[..., 2:], "bbox_px": _warped_boxes(boxes, warps)}
    np.savez_compressed(folder / "gt.npz", **truth)


def cells(recording: Recording, truth_path: Path) -> list[str]:
    with np.load(truth_path) as file:
        turns = file["turns"]
    true = turns[0] @ turns.swapaxes(-1, -2)
    camera = recording.camera
    found = np.tile(np.eye(3), (len(true), 1, 1))
    if camera.path is not None:
        ways = camera.path.world_from_camera[:, :3, :3]
        found[camera.path.frames] = ways[0].T @ ways
    off = np.degrees((Rotation.from_matrix(true).inv() * Rotation.from_matrix(found)).magnitude())
    measured = [mean(measure(each, truth_path)) for each in (recording, _taken_for_still(recording))]
    turned = np.degrees(Rotation.from_matrix(true).magnitude()).max()
    return [f"{turned:.1f}", str(camera.motion), f"{off.mean():.2f}, {off.max():.2f}",
            *(" ".join((f"{getattr(measured[0], name):.1f}", f"({getattr(measured[1], name):.1f})"))
              for name in ("root", "root_scaled"))]


def _taken_for_still(recording: Recording) -> Recording:
    still = replace(recording.camera, path=None)
    people = [replace(motion, joints_world=to_world(motion.joints_camera, motion.person.frames, still))
              for motion in recording.people]
    return replace(recording, camera=still, people=people)


def _fitting(angles: np.ndarray, zoom: bool, intrinsics: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turns (F, 3, 3), made smaller until the window stays within the picture, and the window's cameras (F, 3, 3)."""
    growth = 1.0 + 0.3 * np.linspace(0, 1, len(angles)) if zoom else np.ones(len(angles))
    cameras = np.zeros((len(angles), 3, 3))
    cameras[:, [0, 1], [0, 1]] = (intrinsics[0, 0] / WINDOW * growth)[:, None]
    cameras[:, :2, 2], cameras[:, 2, 2] = size / 2, 1.0
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [size[0], size[1], 1], [0, size[1], 1]], dtype=float)
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        share = (low + high) / 2
        turns = Rotation.from_euler("yxz", share * angles * [-1, 1, 1]).as_matrix()
        seen = np.einsum("fij,kj->fki", intrinsics @ turns.swapaxes(-1, -2) @ np.linalg.inv(cameras), corners)
        places = seen[..., :2] / seen[..., 2:]
        low, high = (share, high) if (places >= 0).all() and (places <= size).all() else (low, share)
    return Rotation.from_euler("yxz", low * angles * [-1, 1, 1]).as_matrix(), cameras


def _warped_boxes(boxes: np.ndarray, warps: np.ndarray) -> np.ndarray:
    corners = np.stack([boxes[..., [0, 1]], boxes[..., [2, 1]], boxes[..., [2, 3]], boxes[..., [0, 3]]], axis=2)
    seen = np.einsum("fij,pfkj->pfki", warps, np.concatenate([corners, np.ones_like(corners[..., :1])], axis=-1))
    places = seen[..., :2] / seen[..., 2:]
    return np.concatenate([places.min(axis=2), places.max(axis=2)], axis=-1)


def _pan(times: np.ndarray, sight: np.ndarray) -> np.ndarray:
    swing = np.sin(2 * np.pi * times / times[-1])
    return np.radians([25.0, 3.0, 3.0]) * np.stack([swing, np.sin(2 * swing), np.cos(3 * swing) - 1], axis=1)


def _follow(times: np.ndarray, sight: np.ndarray) -> np.ndarray:
    """Half a second late, as people do it."""
    width = max(1, round(0.5 / float(np.median(np.diff(times)))))
    padded = np.pad(sight, ((width, 0), (0, 0)), mode="edge")
    late = np.stack([padded[row:row + width].mean(axis=0) for row in range(len(sight))])
    return np.column_stack([np.arctan(late), np.zeros(len(late))])


def _shake(times: np.ndarray, sight: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    waves = np.sin(2 * np.pi * (times[:, None, None] * rng.uniform(0.4, 3.0, (3, 3)) + rng.uniform(0, 1, (3, 3))))
    return np.radians([1.5, 1.0, 1.0]) * waves.sum(axis=2) / 1.5


WAYS: dict[str, Way] = {"still": lambda times, sight: np.zeros((len(times), 3)), "pan": _pan, "follow": _follow,
                        "shake": _shake, "zoom": lambda times, sight: np.zeros((len(times), 3))}


if __name__ == "__main__":
    main()
