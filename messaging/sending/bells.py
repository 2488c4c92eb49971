"""Which task drains which lane, and how loudly to ring for it."""

from console.queues import TaskName, enqueue_on_commit, ring
from messaging.states import Lane

TASK_OF_LANE: dict[str, TaskName] = {
    Lane.AUTH: TaskName.SUBMIT_AUTH,
    Lane.SINGLE: TaskName.SUBMIT_SINGLE,
    Lane.MASS: TaskName.SUBMIT_MASS,
}
# A worker's process takes a bell in advance while it is busy, so one bell would wake one process only.
MOST_BELLS = 4


def ring_lane(lane: str, *, chunks: int = 1) -> None:
    """Wake as many workers of the lane as its new chunks may need, once the transaction has committed."""
    for _ in range(min(chunks, MOST_BELLS)):
        enqueue_on_commit(TASK_OF_LANE[lane])


def ring_lane_now(lane: str) -> None:
    """Wake one worker of the lane."""
    ring(TASK_OF_LANE[lane])
