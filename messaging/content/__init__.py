"""What a message says: rendering, length and limits. Pure: no models, no database, no Django."""
