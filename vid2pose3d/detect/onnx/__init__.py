"""Top-down detectors from ONNX files on ONNX Runtime: RTMPose and heat-map networks, RTMDet and YOLOX."""
