"""What `labs.py` is made of: how the labs are kept in step. Start reading at `manifest.py`."""
