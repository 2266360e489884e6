"""ComfyUI, spoken to well: servers, jobs and workflows.

Polling over HTTP is the truth, the socket only a hint. Not here: what a scene is, and whether a clip is good; the
renderer and the composer know that.
"""
