"""The same programmes as an OpenFisca country package; AGPL, so in a process of its own alone."""
