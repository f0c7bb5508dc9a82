"""Training and evaluation data: recorded motion, virtual cameras and simulated detector noise."""
