"""LEMUR's transforms inside the sandbox: taken apart, what never changes done once, in batches.

Importing `applied` loads torchvision, so that nothing here is imported before a job needs it.
"""
