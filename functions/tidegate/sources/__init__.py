"""Native records in, typed records out. What can't be read comes back as a DamagedRecord; nothing is raised."""
