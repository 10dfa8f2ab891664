"""Why a model says what it says: one file a method in `methods`, and how each kind of learner shares a forecast among
its inputs in `shares`."""
