"""A class live: rigs tell, a hub passes on, browsers show."""
