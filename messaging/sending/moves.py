"""The guards of the sending path's state machines."""

from console.transitions import Transitions
from messaging.states import BATCH_MOVES, CHUNK_MOVES, LIMIT_REQUEST_MOVES, REQUEST_MOVES

REQUEST = Transitions(REQUEST_MOVES)
BATCH = Transitions(BATCH_MOVES)
CHUNK = Transitions(CHUNK_MOVES)
LIMIT_REQUEST = Transitions(LIMIT_REQUEST_MOVES)
