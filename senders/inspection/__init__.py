"""Reading a file that somebody sent, in a process of its own: its type, a clean copy, a picture of each page.

Nothing here imports Django: the child (`senders.inspection.child`) starts fast, holds no connection and no
secret, and may die of what it reads.
"""
