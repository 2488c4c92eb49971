"""Whose turn it is to load a request, and how a load stops before its end."""

from django.db.models import QuerySet

from messaging.models import SendRequest
from messaging.states import RequestState


class LoadFailed(Exception):
    """The rows cannot be had; `code` goes to the request."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Overtaken(Exception):
    """Another loader is at work, or the request was canceled."""


def mine(request: SendRequest) -> QuerySet[SendRequest]:
    """The request's row, while nobody loaded more of it than this loader saw, nor gave it up."""
    return SendRequest.objects.filter(
        pk=request.pk, state=RequestState.LOADING, loaded=request.loaded, failure_code=""
    )
