"""Frozen distributions of scipy.stats, read as calls of the distributions themselves with the arguments kept."""

from typing import Any, NamedTuple

from scipy import stats
from scipy.stats import _distn_infrastructure as infrastructure

from adtrans.rules import scipy_stats, scipy_stats_shapes  # noqa: F401  (the distributions that are known)
from adtrans.rules.registry import registered
from adtrans.rules.stand_ins import STAND_INS


class Frozen(NamedTuple):
    """What `stats.norm(loc, scale)` keeps."""

    dist: Any
    args: Any
    kwds: Any

    def pdf(self, x):
        return self.dist.pdf(x, *self.args, **self.kwds)

    def logpdf(self, x):
        return self.dist.logpdf(x, *self.args, **self.kwds)

    def pmf(self, k):
        return self.dist.pmf(k, *self.args, **self.kwds)

    def logpmf(self, k):
        return self.dist.logpmf(k, *self.args, **self.kwds)

    def cdf(self, x):
        return self.dist.cdf(x, *self.args, **self.kwds)

    def logcdf(self, x):
        return self.dist.logcdf(x, *self.args, **self.kwds)

    def sf(self, x):
        return self.dist.sf(x, *self.args, **self.kwds)

    def logsf(self, x):
        return self.dist.logsf(x, *self.args, **self.kwds)

    def ppf(self, q):
        return self.dist.ppf(q, *self.args, **self.kwds)

    def isf(self, q):
        return self.dist.isf(q, *self.args, **self.kwds)


def freezing(dist):
    """The call of a distribution, which freezes it."""

    def freeze(*args, **kwds):
        return Frozen(dist, args, kwds)

    return freeze


def of_frozen(name):
    """A method of a frozen distribution that was made outside of the program."""

    def method(self, x):
        return getattr(getattr(stats, self.dist.name), name)(x, *self.args, **self.kwds)

    return method


_known = {getattr(record.fn, "__self__", None) for record in registered()}
for _dist in _known:
    if isinstance(_dist, infrastructure.rv_generic):
        STAND_INS[_dist] = freezing(_dist)

for _name in ("pdf", "logpdf", "pmf", "logpmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"):
    for _cls in (infrastructure.rv_continuous_frozen, infrastructure.rv_discrete_frozen):
        if hasattr(_cls, _name):
            STAND_INS[getattr(_cls, _name)] = of_frozen(_name)
