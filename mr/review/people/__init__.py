"""Who somebody is and what they may see: passwords, logins, pins, access, consent."""
