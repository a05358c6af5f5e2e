"""The operator's microphone and speaker, through QtMultimedia.

`devices` is light; everything else here imports QtMultimedia and numpy and waits until the first frame is painted.
"""
