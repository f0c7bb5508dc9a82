"""The focal length from a camera's turning: rendered turns, and points of which some move on their own."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, guess_camera, project, rays
from vid2pose3d.camera_motion import focal_from_turning
from vid2pose3d.camera_motion.background import Background, KeyFrame, View

GUESS = guess_camera(320, 240, focal=250.0).intrinsics
TRUE = guess_camera(320, 240, focal=320.0).intrinsics
SWING = Rotation.from_euler("yx", np.outer(np.sin(np.linspace(0, np.pi, 30)), [12, 5]), degrees=True).as_matrix()


def views_of(sights, moves, *, noise=0.1, stray=0.0, seed=0):
    """The background of a clip in which points in directions (M, 3) move by `moves` (F, M, 3) -> (F, M, 3).

    stray: the share of the points, of each frame or of all, that are seen up to 40 pixels beside their place.
    """
    rng = np.random.default_rng(seed)
    first = project(sights, TRUE).astype(np.float32)
    views: list[View | None] = [View(0, True, np.zeros(0, np.int16), np.zeros((0, 2), np.float32))]
    for places, share in zip(project(moves, TRUE), np.broadcast_to(stray, len(moves)), strict=True):
        seen = places + rng.normal(0, noise, places.shape)
        lost = rng.permutation(len(seen))[:round(share * len(seen))]
        seen[lost] += rng.uniform(-40, 40, (len(lost), 2))
        views.append(View(0, False, np.arange(len(seen), dtype=np.int16), seen.astype(np.float32)))
    key = KeyFrame(0, first, None, np.full(len(first), -1, np.int16), None, np.eye(3), 0)
    return Background(320, 240, list(range(len(views))), [row / 25 for row in range(len(views))], views, [key])


@pytest.fixture(scope="module")
def sights():
    return rays(np.random.default_rng(0).uniform((40, 40), (280, 200), (100, 2)), TRUE)


def turned_by(rotations, sights):
    return np.einsum("fij,mj->fmi", rotations, sights)


def log_found(background):
    """Logarithm of the focal length over the guess, and its error."""
    found = focal_from_turning(background, GUESS)
    return (0.0, ASSUMED_FOCAL_ERROR) if found is None else (float(np.log(found.pixels / GUESS[0, 0])), found.error)


@pytest.mark.parametrize("wrong", [0.75, 1.0, 1.3])
def test_the_focal_length_is_found(turned, seen, camera, swing, wrong):
    guess = camera.intrinsics * [[wrong, 1, 1], [1, wrong, 1], [1, 1, 1]]
    found = focal_from_turning(seen([turned(rotation) for rotation in swing]), guess)
    assert found.pixels == pytest.approx(camera.intrinsics[0, 0], rel=0.02)
    assert found.error < 0.1


def test_a_still_camera_shows_no_focal_length(turned, seen, camera):
    assert focal_from_turning(seen([turned(np.eye(3))] * 20), camera.intrinsics) is None


def test_a_roll_shows_no_focal_length(turned, seen, camera):
    """Turned about its axis, every camera sees the same."""
    pictures = [turned(Rotation.from_euler("z", 0.2 * part).as_matrix()) for part in np.linspace(0, 1, 20)]
    assert focal_from_turning(seen(pictures), camera.intrinsics) is None


def test_guess_and_turning_weigh_by_their_errors(sights):
    """The precision-weighted mean keeps of the guess its share (error / prior error)^2."""
    errors = []
    for angle in (0.2, 0.5, 1.0, 2.0, 10.0):
        angles = np.outer(np.sin(np.linspace(0, np.pi, 30)), [angle, angle / 2])
        turns = Rotation.from_euler("yx", angles, degrees=True).as_matrix()
        found, error = log_found(views_of(sights, turned_by(turns, sights)))
        share = 1 - (error / ASSUMED_FOCAL_ERROR) ** 2
        assert found == pytest.approx(share * np.log(320 / 250), abs=0.05)
        errors.append(error)
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.09 and errors[-1] < 0.06


def test_what_moves_on_its_own_takes_away_certainty_bit_by_bit(sights):
    """The focal length goes back to the guess without a leap, wherever the share of such points lies."""
    moves = turned_by(SWING, sights)
    found, errors = np.array([log_found(views_of(sights, moves, stray=stray)) for stray in np.arange(0, 0.5, 0.02)]).T
    assert found[0] == pytest.approx(np.log(320 / 250), abs=0.02)
    assert (np.diff(errors) > -0.005).all()
    assert np.abs(np.diff(found)).max() < 0.08


def test_views_that_are_seen_well_outweigh_the_others(sights):
    """In two of three views a third of the points is found in wrong places."""
    stray = np.where(np.arange(len(SWING)) % 3 > 0, 0.33, 0.0)
    found, error = log_found(views_of(sights, turned_by(SWING, sights), stray=stray))
    assert found == pytest.approx(np.log(320 / 250), abs=0.03)
    assert error < 0.15


@pytest.mark.parametrize("way", [(1.0, 0.0, 0.0), (0.1, 0.0, 2.0)], ids=["sideways", "ahead"])
def test_a_camera_that_travels_shows_little(way):
    """Points at many depths; that turns explain some of it hardly moves the guess."""
    points = np.random.default_rng(0).uniform((-1.5, -1, 4), (1.5, 1, 9), (100, 3))
    moves = points - np.linspace(0, 1, 30)[:, None, None] * np.array(way)
    found, error = log_found(views_of(points, moves))
    assert abs(found) < 0.08
    assert error > 0.2
