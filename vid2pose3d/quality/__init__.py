"""How good a finished motion looks without knowing the truth, and what its user should look at."""

from vid2pose3d.quality.report import PersonQuality, person_quality, warnings_about

__all__ = ["PersonQuality", "person_quality", "warnings_about"]
