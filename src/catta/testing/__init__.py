"""What tests of Catta and of its extensions share: contract suites and fakes.

Each module is imported by itself, for each needs other packages: `store`, `generator`, `sandbox`,
`dataset` and `metric` hold the suites (`StoreContract`, `GeneratorContract`, `SandboxContract`,
`DatasetContract`, `MetricContract`), to be subclassed in a test; `attacks` the hostile networks of
the sandbox's; `jobs` and `tiny_model` are fakes.
"""
