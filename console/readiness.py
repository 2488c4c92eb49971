"""What a monitor asks: whether all that sends is there. No names, no numbers of processes, no addresses."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from messaging.health.readings import Wellness, has_beat, read_processes, read_queues


def ready(request: HttpRequest) -> HttpResponse:
    """200 where beat and a worker for every queue live, else 503; either way what is missing, as JSON.

    `{"ready": true, "database": true, "beat": true, "queues": {"auth": {"well": true, "waited": 0.1}, …}}`,
    where `waited` is how many seconds the last bell had waited.
    """
    now = timezone.now()
    try:
        processes = read_processes(now)
        queues = read_queues(processes, now)
    except DatabaseError:
        return JsonResponse({"ready": False, "database": False}, status=503)
    found = {
        each.queue.value: {"well": each.wellness == Wellness.WELL, "waited": each.waited} for each in queues
    }
    beat = has_beat(processes)
    is_ready = beat and not any(each.wellness == Wellness.GONE for each in queues)
    said = {"ready": is_ready, "database": True, "beat": beat, "queues": found}
    return JsonResponse(said, status=200 if is_ready else 503)


readyz = never_cache(ready)
