"""The panel. The only package that imports Qt and qasync."""
