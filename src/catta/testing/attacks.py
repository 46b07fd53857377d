"""Hostile networks, each with the outcomes that are right for it.

An attack that is refused raises; one that works returns as if nothing were wrong, and the network
is then trained and scored. So `OK` stands among the outcomes only of what may harmlessly happen.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from catta.records import Outcome

REFUSED = frozenset({Outcome.INVALID})
STOPPED = frozenset({Outcome.TIMEOUT})
CRASHED = frozenset({Outcome.CRASHED})
TOO_LARGE = frozenset({Outcome.OUT_OF_MEMORY})

_NETWORK = """
import ctypes, fcntl, gc, json, mmap, os, signal, socket, struct, subprocess, sys, threading, time
import torch
from torch import nn

def supported_hyperparameters():
    return {"lr"}

def refused(*actions):
    for action in actions:
        try:
            action()
        except (OSError, RuntimeError, ValueError):
            continue
        return
    raise PermissionError("all of it is refused")

@module@

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.hidden = nn.Conv2d(in_shape[1], 8, 3, padding=1)
        self.head = nn.Linear(8, out_shape[0])
@init@
    def forward(self, x):
        scores = self.head(torch.relu(self.hidden(x)).mean((2, 3)))
@forward@
        return scores
@methods@
"""


def network(*, module: str = "", init: str = "", forward: str = "", methods: str = "") -> str:
    """An honest network with code added: to the module, `__init__`, `forward`, or as methods."""
    parts = {
        "@module@": textwrap.dedent(module),
        "@init@": textwrap.indent(textwrap.dedent(init), " " * 8),
        "@forward@": textwrap.indent(textwrap.dedent(forward), " " * 8),
        "@methods@": textwrap.indent(textwrap.dedent(methods), " " * 4),
    }
    source = _NETWORK
    for mark, code in parts.items():
        source = source.replace(mark, code)
    return source


@dataclass(frozen=True, kw_only=True, slots=True)
class Attack:
    """A hostile network.

    Attributes:
        name: What it tries.
        source: The network; `@SECRET@` and the like stand for what only the suite knows.
        outcomes: How it may end.
        seconds: Wall-clock limit that it is given.
    """

    name: str
    source: str
    outcomes: frozenset[Outcome] = REFUSED
    seconds: float = 20.0

    def aimed_at(self, targets: Mapping[str, str]) -> str:
        """The source with the targets filled in."""
        source = self.source
        for name, value in targets.items():
            source = source.replace(f"@{name}@", value)
        return source


HONEST = network()

_READING = (
    Attack(
        name="read a file of a home directory",
        source=network(module="open('@SECRET@').read()"),
    ),
    Attack(
        name="read a file of the real home directory",
        source=network(module="open('@HOME_SECRET@').read()"),
    ),
    Attack(
        name="read the accounts of the machine",
        source=network(module="open('/etc/passwd').read()"),
    ),
    Attack(
        name="read the environment of the parents",
        source=network(
            module="""
            if "@ENVIRONMENT@" not in str(dict(os.environ)):
                refused(*(lambda p=p: open(f"/proc/{p}/environ").read()
                          for p in (os.getppid(), 1, "@PARENT@")))
            """
        ),
    ),
    Attack(
        name="read the memory of the zygote",
        source=network(
            module="""
            refused(lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
                    lambda: open(f"/proc/{os.getppid()}/maps").read())
            """
        ),
    ),
    Attack(
        name="read labels",
        source=network(
            module="""
            import glob, sysconfig
            shipped = os.path.join(sysconfig.get_path("purelib"), "sklearn/datasets/data/*.csv*")
            places = ["@LABELS@", *glob.glob(shipped), *glob.glob("/usr/share/dataset*/*")]
            refused(*(lambda p=p: open(p, "rb").read() for p in places))
            """
        ),
    ),
)

_WRITING = (
    Attack(
        name="write a fake result and other files",
        source=network(
            module="""
            def write(path):
                with open(path, "a") as file:
                    file.write("x")
            places = ("/tmp", "/dev/shm", "/var/tmp", "/dev", "/", ".", "@PLACE@", "@INPUTS@",
                      os.path.dirname(torch.__file__))
            refused(*(lambda p=p: write(p + "/result.json") for p in places))
            """
        ),
    ),
    Attack(
        name="leave an empty file or directory for the next candidate",
        source=network(
            module="""
            places = ("/tmp", "/dev/shm", "/", "@PLACE@", "@INPUTS@")
            refused(*(lambda p=p: os.mkdir(p + "/left") for p in places),
                    *(lambda p=p: os.symlink("x", p + "/left") for p in places))
            """
        ),
    ),
    Attack(
        name="overwrite the data",
        source=network(
            module="""
            path = "@INPUTS@/train_y.npy"
            refused(lambda: open(path, "r+b").write(b"x"),
                    lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
                    lambda: os.truncate(path, 0), lambda: os.remove(path))
            """
        ),
    ),
    Attack(
        name="change modes and times of files",
        source=network(
            module="""
            refused(*(lambda p=p: os.chmod(p, 0o777) for p in ("@SECRET@", "@INPUTS@")),
                    *(lambda p=p: os.utime(p) for p in ("@SECRET@", "@INPUTS@")))
            """
        ),
    ),
    Attack(
        name="alter the data in memory",
        source=network(
            init="""
            frame = sys._getframe()
            while frame is not None:
                for value in list(frame.f_locals.values()):
                    if isinstance(value, dict) and "train_y" in value:
                        value["train_y"][:] = 0
                        value["train_x"][:] = 0
                frame = frame.f_back
            """
        ),
        outcomes=frozenset({Outcome.OK}),
    ),
)

_NETWORKING = (
    Attack(
        name="open a TCP socket",
        source=network(module="socket.create_connection(('127.0.0.1', @TCP@), timeout=5)"),
    ),
    Attack(
        name="send by UDP",
        source=network(
            module="""
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", @UDP@))
            """
        ),
    ),
    Attack(
        name="connect to a Unix socket",
        source=network(module="socket.socket(socket.AF_UNIX).connect('@UNIX@')"),
    ),
)

_PROCESSES = (
    Attack(
        name="fork bomb",
        source=network(module="while True:\n    os.fork()"),
    ),
    Attack(
        name="run a program",
        source=network(
            module="""
            refused(lambda: subprocess.run(["/bin/sh", "-c", "true"]),
                    lambda: os.execv("/bin/sh", ["/bin/sh", "-c", "true"]),
                    lambda: os.posix_spawn("/bin/sh", ["/bin/sh", "-c", "true"], {}))
            """
        ),
    ),
    Attack(
        name="kill the parent",
        source=network(
            module="""
            targets = (os.getppid(), 1, -1, @PARENT@, -os.getppid(), 0)
            refused(*(lambda t=t: os.kill(t, signal.SIGKILL) for t in targets))
            """
        ),
    ),
    Attack(
        name="have the kernel signal the parent",
        source=network(
            module="""
            reader, writer = os.pipe()

            def call(command):  # the system call itself, with all 64 bits of the command
                number = {"x86_64": 72, "aarch64": 25}[os.uname().machine]
                arguments = (number, reader, command, os.getppid())
                if ctypes.CDLL(None).syscall(*map(ctypes.c_long, arguments)) != 0:
                    raise PermissionError

            refused(lambda: fcntl.fcntl(reader, fcntl.F_SETOWN, os.getppid()),
                    lambda: fcntl.fcntl(reader, 15, struct.pack("ii", 1, os.getppid())),
                    lambda: call(fcntl.F_SETOWN), lambda: call(fcntl.F_SETOWN | 1 << 32))
            """
        ),
    ),
    Attack(
        name="thread bomb",
        source=network(
            module="""
            threading.stack_size(64 * 1024)
            while True:
                threading.Thread(target=time.sleep, args=(3600,)).start()
            """
        ),
        # The system may refuse threads before we count too many of them.
        outcomes=CRASHED | REFUSED | TOO_LARGE,
    ),
)

_MEMORY = (
    Attack(
        name="allocate 100 GB",
        source=network(init="self.block = torch.ones(25_000_000_000)"),
        outcomes=TOO_LARGE,
    ),
    Attack(
        name="allocate 100 GB little by little",
        source=network(forward="kept = [bytearray(10_000_000) for _ in range(10_000)]"),
        outcomes=TOO_LARGE,
    ),
    Attack(
        name="allocate 100 GB of shared memory",
        source=network(
            module="""
            kept = []
            for _ in range(10_000):
                kept.append(mmap.mmap(-1, 10_000_000))
                for page in range(0, 10_000_000, mmap.PAGESIZE):
                    kept[-1][page] = 1
            """
        ),
        outcomes=TOO_LARGE,
    ),
)

_LOOP = "while True:\n    pass"
_HANGING = (
    Attack(
        name="loop in the module",
        source=network(module=_LOOP),
        outcomes=STOPPED,
        seconds=1.0,
    ),
    Attack(
        name="loop in __init__",
        source=network(init=_LOOP),
        outcomes=STOPPED,
        seconds=1.0,
    ),
    Attack(
        name="loop in forward",
        source=network(forward=_LOOP),
        outcomes=STOPPED,
        seconds=1.0,
    ),
    Attack(
        name="loop in learn",
        source=network(methods="def learn(self, data):\n    while True:\n        pass"),
        outcomes=STOPPED | {Outcome.OK},  # whoever owns the training loop never calls it
        seconds=5.0,
    ),
    Attack(
        name="ignore signals and stop itself",
        source=network(
            module="""
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            os.kill(os.getpid(), signal.SIGSTOP)
            """
        ),
        outcomes=STOPPED,
        seconds=1.0,
    ),
    Attack(
        name="print 1 GB",
        source=network(
            module="""
            line = "x" * 1_000_000
            for _ in range(500):
                print(line)
                print(line, file=sys.stderr)
            """
        ),
        outcomes=STOPPED | {Outcome.OK},
    ),
)

_ENDING = (
    Attack(
        name="os._exit(0)",
        source=network(init="os._exit(0)"),
        outcomes=CRASHED,
    ),
    Attack(
        name="sys.exit",
        source=network(init="sys.exit(0)"),
    ),
    Attack(
        name="access memory that is not there",
        source=network(forward="ctypes.string_at(0)"),
        outcomes=CRASHED,
    ),
    Attack(
        name="recurse without end",
        source=network(methods="def again(self):\n    return self.again()", init="self.again()"),
        outcomes=REFUSED | CRASHED,
    ),
    Attack(
        name="raise an error that cannot be shown",
        source=network(
            module=r"""
            class Evil(Exception):
                def __str__(self):
                    return "\x1b[2J\ud800\x00" + "y" * 10_000_000
            raise Evil
            """
        ),
    ),
)

_RESULTS = (
    Attack(
        name="return NaN",
        source=network(forward="scores = scores if self.training else scores * float('nan')"),
    ),
    Attack(
        name="return the wrong shape",
        source=network(forward="scores = scores if self.training else scores[:, :3]"),
    ),
    Attack(
        name="return something else",
        source=network(forward="return {'accuracy': 1.0}"),
    ),
    Attack(
        name="write garbage to every descriptor",
        source=network(
            init="""
            for descriptor in range(256):
                try:
                    os.write(descriptor, b"garbage" * 1000)
                except OSError:
                    pass
            """
        ),
        outcomes=CRASHED,
    ),
    Attack(
        name="write a frame that claims to be huge",
        source=network(
            init="""
            head = json.dumps({"header": {"result": {}},
                               "arrays": [["scores_1", "float32", [2**39, 2**39]]]}).encode()
            for frame in (struct.pack("<Q", len(head)) + head, struct.pack("<Q", 2**63)):
                for descriptor in range(256):
                    try:
                        os.write(descriptor, frame)
                    except OSError:
                        pass
            os._exit(0)
            """
        ),
        outcomes=CRASHED,
    ),
    Attack(
        name="write a frame that blames the machinery",
        source=network(
            init="""
            for descriptor in range(256):
                try:
                    os.write(descriptor, b"N")
                except OSError:
                    pass
            os._exit(1)
            """
        ),
        outcomes=CRASHED,
    ),
    Attack(
        name="write without end to every descriptor",
        source=network(
            init="""
            block = b"x" * 65_536
            descriptors = list(range(256))
            while descriptors:
                for descriptor in list(descriptors):
                    try:
                        os.write(descriptor, block)
                    except OSError:
                        descriptors.remove(descriptor)
            """
        ),
        outcomes=CRASHED | STOPPED,
    ),
)

ATTACKS: tuple[Attack, ...] = (
    *_READING,
    *_WRITING,
    *_NETWORKING,
    *_PROCESSES,
    *_MEMORY,
    *_HANGING,
    *_ENDING,
    *_RESULTS,
)
