from dataclasses import replace

import numpy as np
import pytest
import torch

from vid2pose3d.camera import guess_camera
from vid2pose3d.errors import InputError
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import mirror_input, person_input
from vid2pose3d.lift.noise import NoiseField
from vid2pose3d.lift.uncertainty import features, radius
from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.registry import build_denoiser, build_network
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import BLAZEPOSE33, COCO17, H36M17, MPI3DHP17, to_joint_set
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.weights import Calibration, LifterConfig, LifterWeights

CAMERA = guess_camera(640, 480)
OPTIONS = {"action": "walking", "hypotheses": 2, "iterations": 2, "seed": 0}


def lifter(kind="person", *, prompt=True):
    vocabulary = tuple(np.unique(tokenize(["walking", "A person speed head body arm leg"])).tolist())
    text = PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2,
                        encoder_hidden=16, behaviour="corrected", vocabulary=vocabulary)
    config = DenoiserConfig(width=16, depth=2, frames=9, heads=2, input_channels=6 if kind == "person" else 2,
                            prompt=text if prompt else None)
    torch.manual_seed(0)
    model = build_denoiser(config)
    for parameter in model.parameters():  # branches that start at zero would hide what they are told
        parameter.data += 0.05 * torch.randn_like(parameter)
    return Lifter(LifterWeights("tiny", "0" * 64, LifterConfig(config, kind, 15.0, 1.25), model))


def track(times):
    times = np.asarray(times, dtype=float)
    swing = np.sin(times[:, None, None] * 3 + np.arange(17)[:, None] * np.array([0.3, 0.7]))
    xy = np.array([320.0, 240.0]) + 20 * times[:, None, None] + 60 * swing
    return Person2D(1, H36M17, np.arange(len(times)), times, xy, np.full((len(times), 17), 0.9),
                    np.zeros((len(times), 4)), np.zeros(len(times), dtype=bool))


@pytest.mark.parametrize(("kind", "prompt"), [("person", True), ("person", False), ("screen", True)])
@pytest.mark.parametrize("count", [1, 5, 18, 100])
def test_a_track_of_any_length_gets_a_pose_for_each_frame(kind, prompt, count):
    poses = lifter(kind, prompt=prompt).lift(track(np.arange(count) / 30), CAMERA, **OPTIONS).joints
    assert poses.shape == (count, 17, 3)
    assert np.isfinite(poses).all()
    np.testing.assert_allclose(poses[:, 0], 0, atol=1e-9)


def test_the_seed_decides():
    person = track(np.arange(40) / 30)
    one, same, other = (lifter().lift(person, CAMERA, **{**OPTIONS, "seed": seed}).joints for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4


def test_the_action_matters_and_unknown_words_are_named():
    person = track(np.arange(20) / 30)
    one, other = (lifter().lift(person, CAMERA, **{**OPTIONS, "action": action}).joints for action in ("walking", None))
    assert np.abs(one - other).max() > 1e-4
    assert lifter().unknown_words("walking xylophone") == ["xylophone"]
    assert lifter(prompt=False).unknown_words("xylophone") == []


def with_behaviour(tiny, behaviour):
    prompt = replace(tiny.config.denoiser.prompt, behaviour=behaviour)
    return with_config(tiny, denoiser=replace(tiny.config.denoiser, prompt=prompt))


@pytest.mark.parametrize(("behaviour", "room"), [("corrected", 14), ("released", 15)])
def test_words_beyond_the_room_of_the_prompt_are_named_and_do_not_matter(behaviour, room):
    """The prompt of these weights keeps 16 tokens of the action: its start, its end if corrected, one for each word."""
    tiny = with_behaviour(lifter(), behaviour)
    text = "walking on a sunny day in the park with a dog and a red ball near the lake"
    words = text.split()
    assert tiny.unread_words(text) == words[room:]
    assert tiny.unread_words(" ".join(words[:room])) == []
    full, cut = (tiny.encode([part]).tokens for part in (text, " ".join(words[:room])))
    torch.testing.assert_close(full, cut)


def test_the_same_motion_at_another_frame_rate_gives_the_same_poses():
    slow, fast = (lifter().lift(track(np.arange(2 * rate + 1) / rate), CAMERA, **OPTIONS).joints for rate in (30, 60))
    np.testing.assert_allclose(slow, fast[::2], atol=2e-3)


def test_parts_of_a_track_are_lifted_by_themselves_across_a_long_hole():
    times = np.concatenate([np.arange(30) / 30, 10 + np.arange(30) / 30])
    person, alone = track(times), track(times[:30])
    np.testing.assert_allclose(lifter().lift(person, CAMERA, **OPTIONS).joints[:30],
                               lifter().lift(alone, CAMERA, **OPTIONS).joints, atol=1e-6)


def test_progress_counts_every_window():
    seen = []
    person = track(np.arange(600) / 30)
    lifter().lift(person, CAMERA, **OPTIONS, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 60
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_one_iteration_of_one_hypothesis_is_the_mean_of_the_network_and_its_mirror_image():
    """The first half of a window-long track, against the network called by hand."""
    tiny = lifter(prompt=False)
    person = track(np.arange(9) / 15)
    poses = tiny.lift(person, CAMERA, **{**OPTIONS, "hypotheses": 1, "iterations": 1}, aggregation="mean").joints

    rays = (person.xy - [320, 240]) / CAMERA.intrinsics[0, 0]
    given = person_input(rays[None], person.confidence[None])
    noise = torch.from_numpy(NoiseField(0, iterations=1, hypotheses=1, joints=17)(np.arange(9)[None])[0])
    noise = noise.clamp(-1.1, 1.1)
    flip, mirror = torch.tensor([-1.0, 1.0, 1.0]), torch.from_numpy(np.asarray(H36M17.mirror))
    t = torch.tensor([999])
    with torch.no_grad():
        one = tiny._model(torch.from_numpy(given.x2d), noise, t)
        other = tiny._model(torch.from_numpy(mirror_input(given.x2d, "person")), noise[..., mirror, :] * flip, t)
    clean = ((one + other[..., mirror, :] * flip) / 2).clamp(-1.1, 1.1)[0, 0].double().numpy() * 1.25
    expected = (clean - clean[:, :1]) @ given.camera_from_view[0].T
    np.testing.assert_allclose(poses, expected, atol=1e-5)


@pytest.mark.parametrize("direct", ["mixste", "stcformer"])
def test_a_deterministic_lifter_against_the_network_called_by_hand(direct):
    """One answer, whatever noise, hypotheses and iterations; beyond the limit of the diffusion too."""
    torch.manual_seed(0)
    config = DenoiserConfig(width=16, depth=1, frames=9, heads=2, input_channels=6, direct=direct)
    model = build_network(config)
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    says = LifterConfig(config, "person", 15.0, 1.25)
    lifter, person = Lifter(LifterWeights("direct", "0" * 64, says, model)), track(np.arange(9) / 15)
    lifted = lifter.lift(person, CAMERA, **{**OPTIONS, "hypotheses": 3, "seed": 5})
    assert lifted.uncertainty is None

    given = person_input((person.xy - [320, 240])[None] / CAMERA.intrinsics[0, 0], person.confidence[None])
    with torch.no_grad():
        one, other = (model(torch.from_numpy(x2d)) for x2d in (given.x2d, mirror_input(given.x2d, "person")))
    pose = ((one + other[..., H36M17.mirror, :] * torch.tensor([-1.0, 1.0, 1.0])) / 2)[0].double().numpy() * 1.25
    assert np.abs(pose).max() > 1.1 * 1.25
    np.testing.assert_allclose(lifted.joints, (pose - pose[:, :1]) @ given.camera_from_view[0].T, atol=1e-5)


@pytest.mark.parametrize("aggregation", ["jpma", "mean", "medoid"])
def test_the_uncertainty_is_the_spread_of_the_drawn_hypotheses(aggregation):
    """A track of one window, against the hypotheses drawn by hand."""
    tiny, person = lifter(prompt=False), track(np.arange(9) / 15)
    lifted = tiny.lift(person, CAMERA, **{**OPTIONS, "hypotheses": 4, "iterations": 2}, aggregation=aggregation)
    given = person_input((person.xy - [320, 240])[None] / CAMERA.intrinsics[0, 0], person.confidence[None])
    noise = NoiseField(0, iterations=2, hypotheses=4, joints=17)(np.arange(9)[None])
    drawn = tiny.draw(given.x2d, noise, None)[0]
    drawn = drawn - drawn[..., :1, :]
    expected = np.sqrt(((drawn - drawn.mean(0)) ** 2).sum(-1).mean(0))
    np.testing.assert_allclose(lifted.uncertainty, expected, atol=1e-7)
    assert lifted.uncertainty[:, 1:].min() > 0
    assert lifted.uncertainty_kind == "spread"


def test_one_hypothesis_of_weights_without_calibration_has_no_uncertainty():
    lifted = lifter().lift(track(np.arange(20) / 30), CAMERA, **{**OPTIONS, "hypotheses": 1})
    assert (lifted.uncertainty, lifted.uncertainty_kind) == (None, None)


@pytest.mark.parametrize("count", [1, 3])
def test_the_uncertainty_of_calibrated_weights_is_the_radius(count):
    """A track of one window. What the mirror image adds is the network called by hand."""
    slopes = {"apart": 0.5, "window_apart": 0.25, "confidence": -1.0, "upright": 0.3}
    calibration = Calibration(0.8, dict.fromkeys(H36M17.joints[1:], -1.0), slopes)
    tiny, person = with_config(lifter(prompt=False), calibration=calibration), track(np.arange(9) / 15)
    options = {**OPTIONS, "hypotheses": count, "iterations": 1}
    lifted = tiny.lift(person, CAMERA, **options)
    assert lifted.uncertainty_kind == "radius80"

    given = person_input((person.xy - [320, 240])[None] / CAMERA.intrinsics[0, 0], person.confidence[None])
    noise = torch.from_numpy(NoiseField(0, iterations=1, hypotheses=count, joints=17)(np.arange(9)[None])[0])
    noise, t = noise.clamp(-1.1, 1.1), torch.tensor([999])
    flip, mirror = torch.tensor([-1.0, 1.0, 1.0]), torch.from_numpy(np.asarray(H36M17.mirror))
    with torch.no_grad():
        one = tiny._model(torch.from_numpy(given.x2d), noise, t)
        other = tiny._model(torch.from_numpy(mirror_input(given.x2d, "person")), noise[..., mirror, :] * flip, t)
    apart = (1.25 * (one - other[..., mirror, :] * flip)).double().numpy()
    apart = np.linalg.norm(apart - apart[..., :1, :], axis=-1).mean(1)
    told = features(lifted.joints[None], person.confidence[None], apart)
    np.testing.assert_allclose(lifted.uncertainty, radius(told, calibration)[0], rtol=1e-4)
    assert lifted.uncertainty[:, 1:].min() > 0
    assert not lifted.uncertainty[:, 0].any()


def test_the_medoid_of_a_window_is_one_of_its_hypotheses():
    tiny, person = lifter(prompt=False), track(np.arange(9) / 15)
    options = {**OPTIONS, "hypotheses": 4, "iterations": 1}
    given = person_input((person.xy - [320, 240])[None] / CAMERA.intrinsics[0, 0], person.confidence[None])
    drawn = tiny.draw(given.x2d, NoiseField(0, iterations=1, hypotheses=4, joints=17)(np.arange(9)[None]), None)[0]
    drawn = (drawn - drawn[..., :1, :]) @ given.camera_from_view[0].T
    pose = tiny.lift(person, CAMERA, **options, aggregation="medoid").joints
    apart = np.abs(drawn - pose).max(axis=(1, 2, 3))
    assert (apart < 1e-7).sum() == 1


def test_another_joint_set_is_refused():
    person = replace(track([0.0]), joint_set=replace(H36M17, name="other", tree=H36M17.tree[:1]))
    with pytest.raises(ValueError, match="other"):
        lifter().lift(person, CAMERA, **OPTIONS)


def with_config(tiny, **changes):
    """The same network with another configuration."""
    return Lifter(weights_of(tiny, **changes))


def weights_of(tiny, **changes):
    return LifterWeights("tiny", tiny.sha256, replace(tiny._config, **changes), tiny._model)


@pytest.mark.parametrize(("seen", "posed"), [(MPI3DHP17, MPI3DHP17), (COCO17, H36M17)], ids=["3dhp", "wild"])
def test_other_joint_orders_against_the_network_called_by_hand(seen, posed):
    tiny = with_config(lifter("screen", prompt=False), joints_2d=seen.name, joints_3d=posed.name)
    rng = np.random.default_rng(0)
    xy = np.array([320.0, 240.0]) + rng.normal(0, 60, size=(9, 33, 2))
    person = replace(track(np.arange(9) / 15), joint_set=BLAZEPOSE33, xy=xy, confidence=np.full((9, 33), 0.9))
    tiny.check_joints(BLAZEPOSE33)
    poses = tiny.lift(person, CAMERA, **{**OPTIONS, "hypotheses": 1, "iterations": 1}, aggregation="mean").joints

    x2d = (2 * to_joint_set(xy, person.confidence, BLAZEPOSE33, seen)[0] - [640, 480]) / 640
    x2d = torch.from_numpy(x2d[None].astype(np.float32))
    noise = torch.from_numpy(NoiseField(0, iterations=1, hypotheses=1, joints=17)(np.arange(9)[None])[0])
    noise, t = noise.clamp(-1.1, 1.1), torch.tensor([999])
    flip3, flip2 = torch.tensor([-1.0, 1.0, 1.0]), torch.tensor([-1.0, 1.0])
    with torch.no_grad():
        one = tiny._model(x2d, noise, t)
        other = tiny._model(x2d[..., seen.mirror, :] * flip2, noise[..., posed.mirror, :] * flip3, t)
    clean = ((one + other[..., posed.mirror, :] * flip3) / 2).clamp(-1.1, 1.1)[0, 0].double().numpy() * 1.25
    expected = (clean - clean[:, [posed.index("pelvis")]])[:, posed.indices(H36M17.joints)]
    np.testing.assert_allclose(poses, expected, atol=1e-5)


def test_joints_that_the_weights_need_and_a_track_lacks_are_refused():
    tiny = with_config(lifter("screen", prompt=False), joints_2d=COCO17.name)
    with pytest.raises(InputError, match="--weights tiny: takes coco17 joints, which h36m17 does not have"):
        tiny.check_joints(H36M17)


def test_the_neutral_prompt_is_the_mean_of_the_actions_that_the_weights_name():
    tiny = lifter()
    denoiser = tiny._config.denoiser
    neutral = with_config(tiny, denoiser=replace(denoiser, prompt=replace(denoiser.prompt, neutral=("walking", "arm"))))
    mean, walking, arm = neutral.encode([None]), neutral.encode(["walking"]), neutral.encode(["arm"])
    torch.testing.assert_close(mean.tokens, (walking.tokens + arm.tokens) / 2)
    torch.testing.assert_close(mean.pooled, (walking.pooled + arm.pooled) / 2)
    both = neutral.encode([None, "arm"])
    torch.testing.assert_close(both.tokens, torch.cat([mean.tokens, arm.tokens]))
    assert neutral.takes_action
    assert not lifter(prompt=False).takes_action


def test_bf16_stays_near_fp32():
    """Of the embedded weights, on the made-up track. What goes in and out keeps all its digits."""
    person, options = track(np.arange(60) / 30), {**OPTIONS, "iterations": 1}
    one, other = (Lifter.load("finepose-small", precision=precision).lift(person, CAMERA, **options)
                  for precision in ("fp32", "bf16"))
    error = np.linalg.norm(one.joints - other.joints, axis=-1).mean()
    assert 1e-5 < error < 1.5e-3


@pytest.mark.parametrize(("precision", "said"), [("fp16", "CPUs have no arithmetic for it"), ("fp8", "choose one of")])
def test_precisions_that_cannot_be(precision, said):
    with pytest.raises(InputError, match=f"--precision {precision}: .*{said}"):
        Lifter(weights_of(lifter()), precision=precision)
