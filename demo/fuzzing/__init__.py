"""Changed files and bodies sent to every entrance; see `manage.py fuzz_intake`."""
