"""Networks only: they take tensors, return tensors and open no file."""
