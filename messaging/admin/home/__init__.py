"""What sending tells the home page, part by part. The page itself is `console.dashboard`."""

from messaging.admin.home import causes

__all__ = ["causes"]
