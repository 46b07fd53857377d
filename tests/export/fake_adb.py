#!/usr/bin/env python3
"""A stand-in for adb: answers as a session says, and writes down what it was asked.

FAKE_ADB_SESSION names a file of JSON: a list of answers `{"asked": REGULAR EXPRESSION, "stdout",
"stderr", "code", "seconds"}`, the first that fits counts. `FAKE_ADB_LOG` names the file that each
call is appended to.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

asked = " ".join(sys.argv[1:])
with Path(os.environ["FAKE_ADB_LOG"]).open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
for answer in json.loads(Path(os.environ["FAKE_ADB_SESSION"]).read_text()):
    if re.search(answer["asked"], asked):
        time.sleep(answer.get("seconds", 0))
        sys.stdout.write(answer.get("stdout", ""))
        sys.stderr.write(answer.get("stderr", ""))
        sys.exit(answer.get("code", 0))
sys.stderr.write(f"the session has no answer to: {asked}\n")
sys.exit(99)
