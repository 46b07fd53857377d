"""What tests of Catta and of its extensions share: contract suites and fakes.

Each module is imported by itself, for each needs other packages: `store`, `generator` and
`sandbox` hold the suites (`StoreContract`, `GeneratorContract`, `SandboxContract`), to be
subclassed in a test; `attacks` the hostile networks of the last one; `jobs` and `tiny_model` are
fakes.
"""
