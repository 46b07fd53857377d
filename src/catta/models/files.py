"""Names of files that the model libraries write."""

ADAPTER_WEIGHTS = "adapter_model.safetensors"
"""File of an adapter directory that holds the weights; `Adapter.sha256` is its hash."""
