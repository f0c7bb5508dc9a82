"""Several people with MMPose: MMDetection finds their boxes, a top-down network the joints in each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from vid2pose3d.detect.base import DetectorOptions
from vid2pose3d.detect.mmpose import extension, zoo
from vid2pose3d.detect.mmpose.networks import PersonNetwork, PoseNetwork
from vid2pose3d.detect.topdown import BATCH, MOST_CROPS, chunks, in_frames
from vid2pose3d.device import choose_device
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import COCO17, JointSet


class MMPoseDetector:
    """Any number of people, COCO's 17 joints each; every frame by itself. Half precision on a GPU."""

    joint_set: JointSet = COCO17
    batch = BATCH

    def __init__(self, pose: str, options: DetectorOptions) -> None:
        """pose: a short name ("": the default), a name in MMPose's zoo, or a configuration file.

        Raises InputError where the packages, a configuration or a weights file are missing or do not fit.
        """
        extension.prepare()
        self.name = f"mmpose:{Path(pose).stem or next(iter(zoo.POSES))}"
        self._threads = options.threads
        device = choose_device(options.device)
        poses = zoo.find_model(pose or next(iter(zoo.POSES)), "mmpose", option="--detector mmpose:")
        persons = zoo.find_model(options.person_detector or next(iter(zoo.PERSONS)), "mmdet",
                                 option="--person-detector ")
        files = [
            (option, zoo.checkpoint_of(model, given, option=option, progress=options.progress))
            for model, given, option in ((poses, options.weights, "--detector-weights"),
                                         (persons, options.person_weights, "--person-detector-weights"))
        ]
        (option, path), (person_option, person_path) = files
        self._poses = PoseNetwork(poses, path, option=option, device=device, trust=options.trust_checkpoint)
        self._persons = PersonNetwork(persons, person_path, option=person_option, device=device,
                                      trust=options.trust_checkpoint)

    def detect_frames(self, images: Sequence[np.ndarray]) -> list[list[Keypoints2D]]:
        """People in the (H, W, 3) uint8 RGB frames, all of one size."""
        turned = [np.ascontiguousarray(image[..., ::-1]) for image in images]
        with _threads(self._threads):
            boxes = self._persons.find(turned)
            tasks = [(image, box) for image, found in zip(turned, boxes, strict=True) for box in found.xyxy]
            parts = [self._poses.find(part) for part in chunks(tasks, MOST_CROPS)]
        return in_frames(parts, boxes)

    def reset(self) -> None:
        """Nothing is remembered."""


@contextmanager
def _threads(most: int | None) -> Iterator[None]:
    """No more than `most` of torch's CPU threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, most or before))
    try:
        yield
    finally:
        torch.set_num_threads(before)
