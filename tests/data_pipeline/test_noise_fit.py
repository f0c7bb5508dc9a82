"""The fit of the noise model finds the parameters of a detector that was made up."""

from dataclasses import replace

import detector_noise
import numpy as np
import pytest
from noise_fit import fit_detector, offset_error, sample
from noise_material import VERSIONS, Track, _maps, _warped, load_tracks, save_tracks

from vid2pose3d.data.cameras import CameraConfig, CameraMotion, sample_views
from vid2pose3d.data.detector_fit import KINDS, DetectorFit, fitted
from vid2pose3d.data.detector_noise import detect
from vid2pose3d.skeleton import H36M17

FPS = 15.0
TRUTH = replace(fitted(), tail=6.0, sigma=np.linspace(0.006, 0.014, len(KINDS)).tolist(), sigma_slope=0.2,
                constant=0.3, wander=0.5, wander_time=0.2, logit_constant=0.8, logit_wander=1.2, logit_time=0.3,
                outside_pull=(0.6, 0.1), swaps=(0.1, 0.2), gaps=0.0)


@pytest.fixture(scope="module")
def tracks() -> list[Track]:
    """80 tracks of 40 frames of moving people, who turn about, seen by the made-up detector."""
    rng = np.random.default_rng(0)
    windows = np.stack([_moving(rng) for _ in range(80)])
    cameras = CameraConfig(cropped_share=0.2, motion=CameraMotion(share=0.0))
    views = sample_views(windows, fps=FPS, rng=rng, config=cameras)
    rays, confidence = detect(views, fps=FPS, rng=rng, config=detector_noise.AS_FITTED, fit=TRUTH)
    return [Track(f"clip {i % 4}", "plain", rays[i], confidence[i], views.joints[i], views.beyond(views.rays)[i],
                  np.zeros(rays.shape[1:3], bool), np.zeros(rays.shape[1], bool)) for i in range(len(rays))]


def _moving(rng: np.random.Generator) -> np.ndarray:
    half = {"hip": (0.12, 0.95, 0), "knee": (0.13, 0.5, 0.03), "ankle": (0.14, 0.08, 0), "shoulder": (0.17, 1.42, 0),
            "elbow": (0.25, 1.14, 0), "wrist": (0.27, 0.95, 0.1)}
    middle = {"pelvis": (0, 0.95, 0), "spine": (0, 1.18, 0.02), "thorax": (0, 1.43, 0), "neck_nose": (0, 1.53, 0.08),
              "head": (0, 1.65, 0.02)}
    rest = np.array([middle.get(name) or np.multiply(half[name.split("_")[1]], (2 * name.startswith("left") - 1, 1, 1))
                     for name in H36M17.joints])
    time = np.arange(40)[:, None, None] / FPS
    sway = np.sin(time * rng.uniform(1, 4, rest.shape) + rng.uniform(0, 6, rest.shape))
    sway *= rng.uniform(0.02, 0.15, rest.shape)
    sway[:, H36M17.indices(("pelvis", "left_hip", "right_hip", "spine", "thorax"))] *= 0.2
    return (rest + sway).astype(np.float32)


@pytest.fixture(scope="module")
def fit(tracks) -> DetectorFit:
    return fit_detector(tracks, fps=FPS, origin="test")


def test_parameters_of_a_made_up_detector_are_found(tracks, fit):
    np.testing.assert_allclose(fit.sigma, TRUTH.sigma, rtol=0.25)
    assert fit.sigma_slope == pytest.approx(TRUTH.sigma_slope, abs=0.04)
    assert 3.5 < fit.tail < 12
    assert fit.constant == pytest.approx(TRUTH.constant, abs=0.12)
    assert fit.wander_time == pytest.approx(TRUTH.wander_time, rel=0.4)
    assert np.hypot(fit.logit_constant, fit.logit_wander) == pytest.approx(np.hypot(0.8, 1.2), rel=0.2)
    assert fit.outside_pull[0] == pytest.approx(0.6, abs=0.1)
    assert fit.swaps[1] == pytest.approx(TRUTH.swaps[1], rel=0.5)
    np.testing.assert_allclose(np.array(fit.cues)[:, 0], np.array(TRUTH.cues)[:, 0], atol=1.0)


def test_offsets_of_a_made_up_detector_are_found(tracks, fit):
    samples = [sample(track) for track in tracks[::5]]
    usable = np.concatenate([s.usable for s in samples])
    true, found = (np.concatenate([offset_error(s, given) for s in samples])[usable] for given in (TRUTH, fit))
    assert np.abs(found - true).mean() < 0.25 * np.abs(true).mean()


def test_bridged_frames_become_gaps(tracks):
    bridged = [replace(track, bridged=np.arange(40) // 3 == 5) for track in tracks[:40]]
    fit = fit_detector(bridged, fps=FPS, origin="test")
    assert fit.gaps == pytest.approx(FPS / 40)
    assert fit.gap_seconds == pytest.approx(3 / FPS)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_versions_move_what_the_picture_shows_as_their_maps_say(version):
    x, y = 331.5, 200.5
    rows, columns = np.mgrid[:480, :640] + 0.5
    blob = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 6.0**2))
    image = np.repeat(blob[..., None], 3, axis=-1).astype(np.uint8)
    boxes = np.tile([250.0, 100.0, 410.0, 420.0], (3, 1))
    affine, size = _maps(boxes, version, 640, 480)
    shown = _warped(image, affine[1], size)[..., 0].astype(float)
    at = affine[1] @ [x, y, 1]
    assert (at > 0).all()
    assert (at < size).all()
    centre = [(shown * (axis + 0.5)).sum() / shown.sum() for axis in np.mgrid[:size[1], :size[0]][::-1]]
    np.testing.assert_allclose(centre, at, atol=0.4)
    cut_off = {"to the thighs": [331.5, 320.0], "to the shins": [331.5, 390.0], "from the chest": [331.5, 130.0],
            "right half": [300.0, 200.0], "left half, mirrored": [300.0, 200.0]}
    if version.name in cut_off:
        gone = affine[1] @ [*cut_off[version.name], 1]
        assert ((gone < 0) | (gone > size)).any()


def test_tracks_survive_their_file(tracks, tmp_path):
    save_tracks(tmp_path / "tracks.npz", tracks[:2])
    again = load_tracks(tmp_path / "tracks.npz")
    assert [track.clip for track in again] == ["clip 0", "clip 1"]
    np.testing.assert_array_equal(again[1].rays, tracks[1].rays)


def test_the_true_detector_is_nearer_to_itself_than_another(tracks):
    windows = detector_noise.windows(tracks[:40])
    own = detector_noise.compare(windows, detector_noise.AS_FITTED, TRUTH)
    other = detector_noise.compare(windows, detector_noise.AS_FITTED, replace(TRUTH, sigma=[0.03] * len(KINDS)))
    assert own[0] < 0.2 < other[0]
    assert own[4] > 0.05
