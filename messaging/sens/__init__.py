"""What SENS calls things: shared by its API and by the pages that show them."""
