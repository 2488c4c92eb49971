"""Trying a transaction again that PostgreSQL ended to let another one pass."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg.errors
from django.db import OperationalError, connection

Given = ParamSpec("Given")
Result = TypeVar("Result")

TRIES = 4
PASSING = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def once_more_on_deadlock(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Call the function again where its transaction was the victim of a deadlock. It must be one
    transaction.
    """

    @functools.wraps(function)
    def trying(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for attempt in range(1, TRIES):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, PASSING):
                    raise
                time.sleep(0.02 * attempt)
        return function(*args, **kwargs)

    return trying
