"""What a dataset is said to hold."""

import numpy as np
import pytest

from vid2pose3d.data.stats import Share, sample_strips, shares


def test_shares_are_sorted_by_time(clips):
    assert shares(clips, lambda clip: clip.action) == [
        Share("walk", 3, pytest.approx((200 + 30 + 9) / 30 / 60), 3),
        Share("kick left", 1, pytest.approx(90 / 30 / 60), 1)]


def test_clips_without_a_label_count_too(clip):
    found = shares([clip("a", 30, action=""), clip("b", 60, action="")], lambda clip: clip.action)
    assert found == [Share("(none)", 2, pytest.approx(0.05), 2)]


def test_sample_poses_lie_in_the_middle(clip):
    clips = [clip("a", 301), clip("b", 31, action="kick", label="a high kick")]
    walk, kick = sample_strips(clips, most=2, poses=4, seconds=3.0)
    assert walk[0] == "walk: motion of a  (a, 10.0 s)"
    assert kick[0].startswith("kick: a high kick")
    np.testing.assert_array_equal(walk[1], clips[0].joints[[105, 135, 165, 195]])
    np.testing.assert_array_equal(kick[1], clips[1].joints[[0, 10, 20, 30]])


def test_few_actions_give_several_clips(clip):
    clips = [clip(str(number), 30 + number) for number in range(20)]
    titles = [title for title, _ in sample_strips(clips, most=24, poses=3, seconds=1.0)]
    assert len(titles) == len(set(titles)) == 6
    assert len(sample_strips(clips[:2], most=24, poses=3, seconds=1.0)) == 2
