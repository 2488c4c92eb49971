"""The carriers behind one interface. Nothing here knows the database, the models or the console."""
