"""What solvers return: objects whose attributes are items, too."""


class Result:
    """What a solver returns, as far as it has or needs no derivative."""

    def __getitem__(self, name):
        return getattr(self, name)
