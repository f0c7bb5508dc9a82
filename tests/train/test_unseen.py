import numpy as np

from vid2pose3d.skeleton import H36M17
from vid2pose3d.train.unseen import lose_joints

STANDING = np.array([[0, 0], [-.1, 0], [-.1, .4], [-.1, .8], [.1, 0], [.1, .4], [.1, .8], [0, -.2], [0, -.45], [0, -.6],
                     [0, -.7], [.2, -.45], [.25, -.2], [.3, 0], [-.2, -.45], [-.25, -.2], [-.3, 0]])


def lose(share, *, count=400):
    rays = np.tile(STANDING.astype(np.float32), (count, 5, 1, 1))
    return rays, *lose_joints(rays, np.ones(rays.shape[:3], np.float32), share=share, rng=np.random.default_rng(0))


def test_joints_are_lost_for_the_whole_window_and_guessed_where_a_standing_person_has_them():
    rays, poor, confidence = lose(1.0)
    lost = confidence < 1
    assert (lost == lost[:, :1]).all() and lost.any(axis=(1, 2)).all()
    np.testing.assert_allclose(confidence[lost], 0.1, rtol=1e-6)
    np.testing.assert_array_equal(poor[~lost], rays[~lost])
    assert np.abs(poor - rays).max() < 0.5 and np.isfinite(poor).all()
    often = lost[:, 0].mean(axis=0)
    limbs = [joint for joint in range(len(H36M17)) if joint not in H36M17.indices(("pelvis", "spine", "thorax"))]
    assert (often[limbs] > 0.04).all()


def test_the_share_of_windows_is_as_asked_and_the_given_arrays_stay_as_they_were():
    rays, poor, confidence = lose(0.25)
    assert 60 <= (confidence < 1).any(axis=(1, 2)).sum() <= 140
    assert (rays == STANDING.astype(np.float32)).all() and poor is not rays
    _, same, sure = lose(0.0)
    assert np.array_equal(same, rays) and (sure == 1).all()
