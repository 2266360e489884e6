"""Clips and a soundtrack to the finished movie: the edit decided as data, then encoded only where it changed."""
