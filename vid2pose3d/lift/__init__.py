"""Lifting: a person's 2D track becomes root-relative 3D poses."""
