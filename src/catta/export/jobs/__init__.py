"""What happens inside the sandbox: networks become files, and files run.

A worker imports one of these modules before it forks the processes that do its jobs.
"""
