"""Catta: a dataset of neural networks and the loop that makes it grow."""
