"""How a command finds the Countersign that runs somewhere."""

URL, AUDIENCE = "COUNTERSIGN_URL", "COUNTERSIGN_AUDIENCE"
