"""What an experiment's file may say: what is asked, how a model reads, and all that is fitted."""
