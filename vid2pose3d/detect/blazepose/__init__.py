"""BlazePose for several people: MediaPipe's two networks on LiteRT, without the MediaPipe runtime."""
