"""Refining: lifted poses become better ones, by what is known of a lifter's errors (D3PRefiner, arXiv 2401.03914)."""
