"""The tables of a corpus, for SQLAlchemy Core. Changes go through `migrations/versions`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from catta.corpus.columns import Count, Data, Loss, Name, PlainText

metadata = MetaData()

networks = Table(
    "networks",
    metadata,
    Column("id", Name, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("name", Name, nullable=False),
    Column("origin", Name, nullable=False),
    Column("parent", Name),
    Column("licence", Name),
    Column("created", Name, nullable=False),
    Column("sha256", Name),
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True, index=True),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("minhash", LargeBinary, nullable=False),
    Column("graph", Name),
)

signatures = Table(
    "signatures",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("minhash", LargeBinary, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("shapes", Name, primary_key=True),
    Column("parameters", Count, nullable=False),
    Column("flops", Count, nullable=False),
    Column("graph", Name, nullable=False),
    Column("seconds", Float, nullable=False),
)

reported = Table(
    "reported",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("dataset", Name, primary_key=True),
    Column("metric", Name, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("source", Name, primary_key=True),
    Column("accuracy", Float, nullable=False),
)

seed_sets = Table(
    "seed_sets",
    metadata,
    Column("key", Name, primary_key=True),
    Column("settings", Data, nullable=False),
    Column("created", Name, nullable=False),
)

seed_members = Table(
    "seed_members",
    metadata,
    Column("key", Name, ForeignKey("seed_sets.key"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
)

recipes = Table(
    "recipes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("settings", Data, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", Name, ForeignKey("recipes.id"), nullable=False, index=True),
    Column("outcome", Name, nullable=False),
    Column("stage", Name, nullable=False),
    Column("error", PlainText),
    Column("parameters", Count),
    Column("flops", Count),
    Column("graph", Name),
    Column("build_seconds", Float),
    Column("seconds", Float, nullable=False),
    Column("created", Name, nullable=False),
    UniqueConstraint("network_id", "recipe_id"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("loss", Loss),
    Column("accuracy", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("learning_rate", Float),
    Column("gradient_norm", Float),
    Column("samples_per_second", Float),
    Column("peak_memory_mb", Float),
    Column("metrics", Data(none_as_null=True)),
)

adapters = Table(
    "adapters",
    metadata,
    Column("key", Name, primary_key=True),
    Column("path", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("base_model", Name, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("tokens", Count, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("losses", Data, nullable=False),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Name, primary_key=True),
    Column("arm", Name, nullable=False),
    Column("config", Data, nullable=False),
    Column("commit", Name),
    Column("created", Name, nullable=False),
    Column("finished", Name),
    Column("assessment", Data, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("run", Name, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("generator", Name, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("adapter", Name, ForeignKey("adapters.key")),
    Column("timings", Data, nullable=False),
    Column("metrics", Data, nullable=False),
)

prompts = Table(
    "prompts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("text", PlainText, nullable=False),
    Column("prefix", PlainText, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("run", Name, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("phase", Name, nullable=False),
    Column("prompt_id", Name, ForeignKey("prompts.id"), nullable=False),
    Column("completion", PlainText, nullable=False),
    Column("tokens", Count, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("parent", Name),
    Column("seed", BigInteger, nullable=False),
    Column("generator", Name, nullable=False),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
    Column("nearest_id", Name),
    Column("nearest_jaccard", Float),
    Column("parameters", Count),
    Column("flops", Count),
    Column("graph", Name),
    Column("build_seconds", Float),
    Column("outcome", Name),
    Column("stage", Name),
    Column("error", PlainText),
    Column("accuracy", Float),
    Column("admitted", Boolean, nullable=False),
    Column("timings", Data, nullable=False),
    Column("source", PlainText),
    ForeignKeyConstraint(["run", "cycle"], ["cycles.run", "cycles.number"]),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", Name, nullable=False, unique=True),
    Column("version", Name),
    Column("report", Data, nullable=False),
    Column("created", Name, nullable=False),
    Column("kind", Name, nullable=False),
)

traits = Table(
    "traits",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("family", Name, nullable=False, index=True),
    Column("imports", Data, nullable=False),
    Column("pretrained", Boolean, nullable=False),
    Column("classes", Integer, nullable=False),
    Column("functions", Integer, nullable=False),
    Column("sequential", Boolean, nullable=False),
    Column("module_list", Boolean, nullable=False),
    Column("module_dict", Boolean, nullable=False),
)

inspections = Table(
    "inspections",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("outcome", Name, nullable=False),
    Column("error", PlainText),
    Column("version", Integer, nullable=False),
    Column("created", Name, nullable=False),
    Column("resolution", Integer),
    Column("parameters", Count),
    Column("trainable", Count),
    Column("parameter_bytes", Count),
    Column("buffer_bytes", Count),
    Column("activation_bytes", Count),
    Column("flops", Count),
    Column("depth", BigInteger),
    Column("nesting", BigInteger),
    Column("layers", BigInteger),
    Column("leaf_layers", BigInteger),
    Column("dropouts", BigInteger),
    Column("operators", Data),
    Column("attention", Boolean),
    Column("residual", Boolean),
    Column("graph", Name),
    Column("pretrained", Boolean),
    Column("computed", Boolean),
    Column("seconds", Float),
)

graphs = Table(
    "graphs",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("content", LargeBinary),  # nothing: it is too large to be kept
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
)

problems = Table(
    "problems",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Name, nullable=False),
    Column("dataset", Name, nullable=False),
    Column("metric", Name, nullable=False),
    UniqueConstraint("task", "dataset", "metric"),
)

parameter_sets = Table(
    "parameter_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Name, nullable=False),
    Column("transform", Name, nullable=False),
    Column("prm", PlainText, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subjects.id"), nullable=False),
    Column("problem_id", Integer, ForeignKey("problems.id"), nullable=False, index=True),
    Column("parameter_set_id", Integer, ForeignKey("parameter_sets.id"), nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("duration", BigInteger),
)

modules = Table(
    "modules",
    metadata,
    Column("kind", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("sha256", Name, nullable=False),
)

device_measurements = Table(
    "device_measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subjects.id"), nullable=False),
    Column("task", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("device", Name),
    Column("os", Name),
    Column("valid", Boolean),
    Column("emulator", Boolean),
    Column("error", PlainText),
    Column("duration", Float),
    Column("analytics", PlainText),
    UniqueConstraint("subject_id", "task", "name", "sha256"),
)

edge_exports = Table(
    "edge_exports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", Name, nullable=False),
    Column("format", Name, nullable=False),
    Column("quantization", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("file_bytes", Count, nullable=False),
    Column("dynamic", Boolean, nullable=False),
    Column("dataset", Name, nullable=False),
    Column("metric", Name, nullable=False),
    Column("accuracy_before", Float, nullable=False),
    Column("accuracy_after", Float, nullable=False),
    Column("compared", Integer, nullable=False),
    Column("max_abs", Float, nullable=False),
    Column("top1", Float, nullable=False),
    Column("trained", Boolean, nullable=False),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
    UniqueConstraint("network_id", "recipe_id", "format", "quantization"),
)

edge_measurements = Table(
    "edge_measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Name, nullable=False),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
    Column("sha256", Name),
    Column("format", Name),
    Column("quantization", Name),
    Column("runtime", Name, nullable=False),
    Column("runtime_version", Name, nullable=False),
    Column("device", Name, nullable=False),
    Column("os", Name, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("sample", Data, nullable=False),
    Column("warmup", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("median_ms", Float, nullable=False),
    Column("p95_ms", Float, nullable=False),
    Column("p99_ms", Float, nullable=False),
    Column("cpu_ms", Float),
    Column("throughput", Float, nullable=False),
    Column("load_ms", Float),
    Column("peak_memory_mb", Float),
    Column("file_bytes", Count),
    Column("energy_mj", Float),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
)

Index("trials_by_subject", trials.c.subject_id, trials.c.problem_id, trials.c.epoch)
Index("evaluations_by_outcome", evaluations.c.recipe_id, evaluations.c.outcome)
