"""The one place that starts FFmpeg, and that probes and verifies media."""
