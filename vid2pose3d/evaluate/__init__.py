"""Error measures of estimated 3D poses."""
