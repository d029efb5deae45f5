"""Statistics of a table of observations, and shortest paths in a graph."""

import numpy as np


def correlation(data):
    """Correlation matrix of the columns; data is standardised in place."""
    n, m = data.shape
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(n) * stddev
    corr = np.eye(m)
    for i in range(m - 1):
        corr[i + 1 :, i] = corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
    return corr


def correlation_loss(data):
    corr = correlation(data)
    return np.sum(corr * corr)


def covariance(data):
    """Covariance matrix of the columns; data is centred in place."""
    n, m = data.shape
    data -= np.mean(data, axis=0)
    cov = np.zeros((m, m))
    for i in range(m):
        cov[i:, i] = cov[i, i:] = data[:, i] @ data[:, i:] / (n - 1.0)
    return cov


def covariance_loss(data):
    cov = covariance(data)
    return np.sum(cov * cov)


def floyd_warshall(path):
    """All shortest paths: min-plus products, a pivot at a time."""
    for k in range(path.shape[0]):
        path[:] = np.minimum(path, path[:, k, np.newaxis] + path[k])


def floyd_warshall_loss(path):
    floyd_warshall(path)
    return np.sum(path * path)
