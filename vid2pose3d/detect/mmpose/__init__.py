"""Top-down detectors of MMPose, with people's boxes from MMDetection; both are optional."""
