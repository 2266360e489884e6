"""The film as four assets, one file each: storyboard, scene_clip, soundtrack, final_movie."""
