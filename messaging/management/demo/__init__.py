"""The demo: an organization with history, something to release, to send and to review.

Each part is made in one transaction, and only where there is none of its kind: what a killed seeding left is
made by the next one, and what a person deleted stays deleted.
"""
