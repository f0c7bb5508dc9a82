"""What benchmarks/parity.py knows of the layouts of recordings."""
