"""moto's server with the rules of AWS that moto 5.2.5 leaves out.

moto keeps what it is good at: signatures, and the storage of S3, STS and IAM. Replaced are the decisions: who may do
what (decisions.py), how long a session lives (sessions.py) and whether a put is what the caller meant (writes.py).
"""

import sys

from moto import settings
from moto.server import main

import decisions
import sessions
import users
import writes

if __name__ == "__main__":
    decisions.install()
    sessions.install()
    writes.install()
    users.seed()
    # Every request is checked, from the first one on.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0
    main(sys.argv[1:])
