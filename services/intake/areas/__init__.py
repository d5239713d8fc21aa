"""The area tree of the two districts, their organisations and the activation of streets."""
