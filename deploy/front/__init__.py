"""The office's front page: what runs here, the demo's figures and where to go on."""
