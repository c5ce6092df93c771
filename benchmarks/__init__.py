"""Measures the product beside its peers, in one run on one machine, as ratios: `make bench`."""
