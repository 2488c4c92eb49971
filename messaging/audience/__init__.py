"""Who is reached by what they are: UIDs, their contacts and tags, and conditions over tags."""
