"""Several people with two ONNX files: one finds their boxes, one the joints in each."""

from collections.abc import Sequence

import numpy as np

from vid2pose3d.detect.base import DetectorOptions
from vid2pose3d.detect.onnx.network import Network, check_packages
from vid2pose3d.detect.onnx.persons import PersonNetwork
from vid2pose3d.detect.onnx.poses import PoseNetwork
from vid2pose3d.detect.topdown import BATCH, MOST_CROPS, chunks, in_frames
from vid2pose3d.errors import InputError
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import COCO17, JointSet


class OnnxDetector:
    """Any number of people, COCO's 17 joints each; every frame by itself."""

    name = "onnx"
    joint_set: JointSet = COCO17
    batch = BATCH

    def __init__(self, options: DetectorOptions) -> None:
        """Raises InputError where ONNX Runtime or one of the two files is missing, or a file cannot be used."""
        check_packages()
        if options.weights is None or options.person_weights is None:
            raise InputError("--detector onnx needs two files: --detector-weights for the network that finds joints "
                             "and --person-detector-weights for the one that finds people")
        self._poses = PoseNetwork(Network(
            options.weights, option="--detector-weights", device=options.device, threads=options.threads))
        self._persons = PersonNetwork(Network(
            options.person_weights, option="--person-detector-weights", device=options.device,
            threads=options.threads), options.person_detector)

    def detect_frames(self, images: Sequence[np.ndarray]) -> list[list[Keypoints2D]]:
        """People in the (H, W, 3) uint8 RGB frames, all of one size."""
        boxes = self._persons.find(images)
        tasks = [(image, box) for image, found in zip(images, boxes, strict=True) for box in found.xyxy]
        parts = []
        for part in chunks(tasks, MOST_CROPS):
            crops, maps = zip(*(self._poses.crop(image, box) for image, box in part), strict=True)
            cells, sure = self._poses.find(np.stack(crops))
            back = np.stack(maps)
            parts.append((np.einsum("nij,nkj->nki", back[:, :, :2], cells) + back[:, None, :, 2], sure))
        return in_frames(parts, boxes)

    def reset(self) -> None:
        """Nothing is remembered."""
