"""How the page looks: its style sheet and scripts, and the small pieces of HTML that every tab writes."""
