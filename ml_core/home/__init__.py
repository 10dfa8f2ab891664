"""Where state lies, who may work there, and how a command is spelled."""
