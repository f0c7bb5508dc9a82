"""Whole protocols on small files: their numbers against a direct computation from the poses that the lifter drew."""

import numpy as np
import pytest
from small_files import write_3dhp, write_h36m, write_mocap

from vid2pose3d.camera import project_through_lens
from vid2pose3d.data.h36m import cameras, denormalise_screen, world_to_camera
from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.data.mpi3dhp import CAMERAS
from vid2pose3d.data.windows import evaluation_windows
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.protocols import PROTOCOLS
from vid2pose3d.evaluate.run import prompt_policy, run_benchmark
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.models.released import H36M_ACTIONS
from vid2pose3d.skeleton import H36M17

KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
LENGTHS = {"S9": {"Walking 1": 25, "Walking": 5, "Eating": 9}, "S11": {"Walking": 40}}


def tables(lifter, settings, **drawn):
    """{metric: {mode: row}} and the benchmark."""
    benchmark = PROTOCOLS[settings.protocol](lifter, settings)
    _, actions = prompt_policy(lifter, settings)
    seen = []
    totals = run_benchmark(lifter, benchmark, actions, **{"hypotheses": 3, "iterations": 2, "seed": 0, **drawn},
                           progress=seen.append)
    assert seen[-1] == benchmark.windows
    assert seen == sorted(seen)
    return {table.metric: {row.aggregation: row for row in table.rows} for table in totals.tables(benchmark)}, benchmark


def starts(length, frames=9):
    """First frames of the evaluation windows, by the words of the protocol."""
    if length <= frames:
        return [0]
    return [*range(0, length - frames, frames), length - frames]


@pytest.fixture
def walks(tmp_path):
    write_h36m(tmp_path, LENGTHS)
    return EvaluateSettings("h36m", tmp_path, actions=("Eating", "Walking"))


def test_h36m_numbers_are_those_of_the_drawn_poses(lifter, walks):
    tiny = lifter("d3dp")
    found, benchmark = tables(tiny, walks)
    assert benchmark.columns == {"Eating": "Eat", "Walking": "Walk"}
    stored = np.load(walks.data / "data_3d_h36m.npz", allow_pickle=True)["positions_3d"].item()
    drawn = iter(tiny.drawn)
    errors = {mode: {"Eating": [], "Walking": []} for mode in ("p_agg", "j_agg", "p_best", "j_best")}
    for subject, recordings in LENGTHS.items():
        for name, length in recordings.items():
            for camera in cameras(subject):
                seen = world_to_camera(stored[subject][name][:, KEPT].astype(float), camera.quaternion, camera.position)
                windows = [seen[np.minimum(np.arange(s, s + 9), length - 1)] for s in starts(length)]
                for first in range(0, len(windows), 4):
                    x2d, poses = next(drawn)
                    absolute = np.stack(windows[first:first + 4])
                    np.testing.assert_allclose(x2d, project_through_lens(absolute, camera.lens), atol=1e-4)
                    for mode, value in by_hand(poses, absolute, x2d, camera.lens, 0).items():
                        errors[mode][name.split()[0]] += value
    assert next(drawn, None) is None
    for mode, actions in errors.items():
        expected = {action: 1000 * np.mean(values) for action, values in actions.items()}
        assert found["mpjpe"][mode].values == pytest.approx(expected, rel=1e-4)
        assert found["mpjpe"][mode].average == pytest.approx(np.mean(list(expected.values())), rel=1e-4)
    assert "j_agg_released" in found["p_mpjpe"]


def by_hand(poses, absolute, xy, lens, root):
    """{mode: error of each frame} of a batch, by loops."""
    poses = poses.copy()
    poses[..., root, :] = 0
    place = absolute[:, :, root:root + 1]
    truth = absolute - place
    distance = np.linalg.norm(poses - truth[:, None], axis=-1)
    best = min(range(poses.shape[1]), key=lambda h: distance[:, h].mean())
    found = {"p_agg": [], "j_agg": [], "p_best": [], "j_best": []}
    for b in range(len(poses)):
        for f in range(poses.shape[2]):
            found["p_agg"].append(np.linalg.norm(poses[b, :, f].mean(0) - truth[b, f], axis=-1).mean())
            found["p_best"].append(distance[b, best, f].mean())
            found["j_best"].append(distance[b, :, f].min(0).mean())
            joints = []
            for j in range(17):
                apart = [np.linalg.norm(project_through_lens(pose + place[b, f, 0], lens) - xy[b, f, j])
                         for pose in poses[b, :, f, j]]
                joints.append(distance[b, int(np.argmin(apart)), f, j])
            found["j_agg"].append(np.mean(joints))
    return found


def test_3dhp_numbers_count_valid_frames_once(lifter, tmp_path):
    valid = {"TS1": np.ones(25), "TS6": np.ones(23)}
    valid["TS1"][[0, 20, 24]] = valid["TS6"][5:9] = 0
    path = write_3dhp(tmp_path / "data_test_3dhp_ori.npz", valid)
    tiny = lifter("d3dp_3dhp")
    found, _ = tables(tiny, EvaluateSettings("3dhp", tmp_path, sequences=("TS6", "TS1")))
    stored = np.load(path, allow_pickle=True)["data"].item()
    drawn = iter(tiny.drawn)
    expected = {}
    for name, counts in valid.items():
        absolute, errors, pck = stored[name]["data_3d"] / 1000, {}, np.zeros((len(counts), 17, 3))
        for first in range(0, len(starts(len(counts))), 2):
            begin = starts(len(counts))[first:first + 2]
            x2d, poses = next(drawn)
            truth = np.stack([absolute[s:s + 9] for s in begin])
            pixels = denormalise_screen(x2d, *CAMERAS[name].size)
            modes = by_hand(poses, truth, pixels, CAMERAS[name].lens, 14)
            for mode, values in modes.items():
                column = errors.setdefault(mode, np.zeros(len(counts)))
                for window, s in zip(np.reshape(values, (-1, 9)), begin, strict=True):
                    column[s:s + 9] = window  # later windows win
            for window, s in zip(poses.mean(1), begin, strict=True):
                window[:, 14] = 0
                pck[s:s + 9] = window
        expected[name] = {mode: 1000 * values[counts == 1].mean() for mode, values in errors.items()}
        apart = np.linalg.norm(pck - (absolute - absolute[:, 14:15]), axis=-1)[counts == 1][:, :14] * 1000
        assert found["pck150"]["p_agg"].values[name] == pytest.approx(100 * (apart < 150).mean(), rel=1e-4)
        assert found["auc"]["p_agg"].values[name] == pytest.approx(
            100 * np.mean([(apart < limit).mean() for limit in range(0, 151, 5)]), rel=1e-4)
    for mode, row in found["mpjpe"].items():
        if mode != "medoid":
            assert row.values == pytest.approx({name: expected[name][mode] for name in valid}, rel=1e-4)
            assert row.average == pytest.approx(np.mean([expected[name][mode] for name in valid]), rel=1e-4)


@pytest.fixture
def mocap(tmp_path):
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(17, 3)) * 0.25 + [0, 1.0, 0]
    time = np.arange(60)[:, None, None] / 30
    clips = [rest + 0.1 * np.sin(time * rng.uniform(2, 5) + rng.uniform(0, 6, (17, 3))) for _ in range(4)]
    kinds = [("train", "walk"), ("test", "walk"), ("test", "jump"), ("val", "run")]
    rows = [{"clip_id": f"c{i}", "subject": f"s{i}", "split": split, "action": action, "label": f"{action} about"}
            for i, (split, action) in enumerate(kinds)]
    return write_mocap(tmp_path, clips, rows)


def test_own_numbers_are_those_of_the_lifter_that_run_uses(lifter, mocap):
    """J-Agg against Lifter.lift_windows, P-Agg likewise, on the windows of accuracy measurements."""
    tiny = lifter("person", fps=30.0)
    found, benchmark = tables(tiny, EvaluateSettings("own", mocap), hypotheses=4, iterations=1)
    windows = evaluation_windows(select(load_mocap(mocap), split="test"), frames=9, fps=30.0, seed=0)
    assert benchmark.windows == len(windows["actions"]) == 8
    assert list(benchmark.columns) == ["jump", "walk"]
    for batch in benchmark.batches():
        index = np.flatnonzero(np.array(windows["actions"]) == batch.column)
        given = person_input(windows["rays"][index], windows["confidence"][index])
        noise = np.random.default_rng([0, *batch.number]).standard_normal((1, len(index), 4, 9, 17, 3),
                                                                         dtype=np.float32)
        for mode, aggregation in (("j_agg", "jpma"), ("p_agg", "mean"), ("medoid", "medoid")):
            poses, _ = tiny.lift_windows(given, windows["confidence"][index], noise, None, aggregation=aggregation)
            error = 1000 * np.linalg.norm(poses - windows["joints"][index], axis=-1).mean()
            assert found["mpjpe"][mode].values[batch.column] == pytest.approx(error, rel=1e-5)
    row = found["mpjpe"]["j_agg"]
    assert row.average == pytest.approx(np.mean(list(row.values.values())))  # both actions have four windows


def test_what_else_is_scored_changes_no_number(lifter, walks, mocap):
    both, _ = tables(lifter("d3dp"), walks)
    one, _ = tables(lifter("d3dp"), EvaluateSettings("h36m", walks.data, actions=("Walking",)))
    assert one["mpjpe"]["j_agg"].values["Walking"] == both["mpjpe"]["j_agg"].values["Walking"]
    both, _ = tables(lifter("person"), EvaluateSettings("own", mocap))
    one, _ = tables(lifter("person"), EvaluateSettings("own", mocap, actions=("walk",)))
    assert one["mpjpe"]["j_agg"].values["walk"] == both["mpjpe"]["j_agg"].values["walk"]
    other, _ = tables(lifter("person"), EvaluateSettings("own", mocap), seed=1)
    assert other["mpjpe"]["j_agg"].values["walk"] != both["mpjpe"]["j_agg"].values["walk"]


def test_no_row_beats_joints_that_are_chosen_by_the_truth(lifter, walks):
    found, _ = tables(lifter("d3dp"), walks)
    for column in ("Eating", "Walking"):
        errors = {mode: row.values[column] for mode, row in found["mpjpe"].items()}
        assert errors["j_best"] < min(errors["p_best"], errors["j_agg"], errors["medoid"])


def test_finepose_is_told_the_first_word_of_each_sequence_and_d3dp_nothing(lifter, tmp_path):
    write_h36m(tmp_path, {"S9": {"WalkingDog 1": 9, "Sitting 2": 9}, "S11": {"WalkDog": 9}})
    settings = EvaluateSettings("h36m", tmp_path, actions=("WalkDog", "Sitting"))
    tiny = lifter("finepose_h36m")
    true, _ = tables(tiny, settings)
    assert tiny.told == [["WalkDog"], ["Sitting"]]
    tables(tiny, EvaluateSettings("h36m", tmp_path, actions=("Sitting",), action="waving"))
    tables(tiny, EvaluateSettings("h36m", tmp_path, actions=("Sitting",), prompts="neutral"))
    assert tiny.told[2:] == [["waving"], [None]]
    assert prompt_policy(tiny, settings)[0] == "each sequence's true action, as in the released evaluation"
    assert prompt_policy(lifter("d3dp"), settings)[0] == "none, these weights take no action"
    assert prompt_policy(lifter("finepose_3dhp"), settings)[0] == "none, these weights take no action"


def test_weights_at_a_third_of_the_rate_see_every_third_frame_and_lift_all(lifter, walks):
    tiny = lifter("person", fps=15.0)
    found, benchmark = tables(tiny, EvaluateSettings("h36m", walks.data, actions=("Walking",), subjects=("S11",)))
    assert benchmark.windows == 4 * 3 * 2  # cameras, phases, windows of 9 of 13 or 14 frames
    assert any("one frame in 3" in fact for fact in benchmark.facts)
    batch = next(iter(benchmark.batches()))
    stored = np.load(walks.data / "data_3d_h36m.npz", allow_pickle=True)["positions_3d"].item()["S11"]["Walking"]
    camera = cameras("S11")[0]
    seen = world_to_camera(stored[0:27:3, KEPT].astype(float), camera.quaternion, camera.position)
    np.testing.assert_allclose(batch.truth[0], seen - seen[:, :1], atol=1e-5)
    assert np.isfinite(found["mpjpe"]["j_agg"].average)


def test_structures_are_those_of_the_training_subjects_where_they_are_there(lifter, tmp_path):
    names = dict.fromkeys(("Eating",), 200)
    write_h36m(tmp_path, {"S9": names, "S11": names})
    settings = EvaluateSettings("h36m", tmp_path, actions=("Eating",))
    assert "test subjects' true poses" in PROTOCOLS["h36m"](lifter("d3dp"), settings).facts[-1]
    write_h36m(tmp_path, {"S1": names, "S9": names, "S11": names})
    assert "training subjects' true poses" in PROTOCOLS["h36m"](lifter("d3dp"), settings).facts[-1]


def test_all_fifteen_actions_are_in_the_papers_order(lifter, tmp_path):
    names = dict.fromkeys(reversed(H36M_ACTIONS), 9)
    write_h36m(tmp_path, {"S9": names, "S11": names})
    benchmark = PROTOCOLS["h36m"](lifter("d3dp"), EvaluateSettings("h36m", tmp_path))
    assert " ".join(benchmark.columns.values()) == (
        "Direct. Discuss Eat Greet Phone Photo Pose Purch. Sit SitD. Smoke Wait WalkD. Walk WalkT.")
    assert benchmark.windows == 4 * (15 + 14)  # S11's Directions is corrupt


@pytest.mark.parametrize(("kind", "protocol"), [("d3dp_3dhp", "h36m"), ("d3dp", "3dhp"), ("d3dp_3dhp", "own")])
def test_weights_for_other_joints_are_refused(lifter, kind, protocol, tmp_path):
    with pytest.raises(InputError, match=f"--weights {kind}: makes .* and --protocol {protocol} has .*; use"):
        PROTOCOLS[protocol](lifter(kind), EvaluateSettings(protocol, tmp_path))


def test_weights_that_take_the_whole_picture_can_be_scored_on_own_data(lifter, mocap):
    tiny = lifter("d3dp", fps=30.0)
    found, benchmark = tables(tiny, EvaluateSettings("own", mocap, actions=("jump",)))
    batch = next(iter(benchmark.batches()))
    assert np.isfinite(found["mpjpe"]["j_agg"].average)
    ratio = batch.x2d / batch.sight.rays
    assert 1.6 <= np.nanmin(ratio) <= np.nanmax(ratio) <= 4.0  # twice the focal length over the longer side
    assert H36M17 is benchmark.joints
