"""How ``assistant/model`` was made."""
