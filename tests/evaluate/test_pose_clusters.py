import numpy as np
import pytest

from vid2pose3d.evaluate.pose_clusters import PoseClusters

RNG = np.random.default_rng(0)
KINDS = RNG.normal(size=(4, 17, 3))


def samples(count):
    kinds = np.arange(count) % len(KINDS)
    return KINDS[kinds] + 0.02 * RNG.normal(size=(count, 17, 3)), kinds


def test_postures_of_one_kind_share_a_cluster():
    poses, kinds = samples(80)
    clusters = PoseClusters.of(poses, clusters=4)
    found = clusters.kinds(poses)
    assert all(len(set(found[kinds == kind])) == 1 for kind in range(4))
    assert len(set(found)) == 4


def test_score_counts_postures_of_the_same_kind_whatever_their_size():
    poses, _ = samples(80)
    clusters = PoseClusters.of(poses, clusters=4)
    assert clusters.score(3.0 * poses, poses) == 1.0
    wrong = poses.copy()
    wrong[:20] = np.roll(poses, 1, axis=0)[:20]
    assert clusters.score(wrong, poses) == pytest.approx(0.75)


def test_too_few_poses_are_refused():
    with pytest.raises(ValueError, match="50 clusters need as many poses, got 8"):
        PoseClusters.of(samples(8)[0])
