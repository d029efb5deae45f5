"""Layers of neural networks, by loops over pixels and time steps."""

import numpy as np


def conv2d(images, weights):
    """Images (n, h, w, channels) under weights (k, k, channels, features), without padding."""
    k = weights.shape[0]
    n, h, w, _ = images.shape
    output = np.empty((n, h - k + 1, w - k + 1, weights.shape[3]))
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            output[:, i, j, :] = np.sum(
                images[:, i : i + k, j : j + k, :, np.newaxis] * weights[np.newaxis], axis=(1, 2, 3)
            )
    return output


def conv2d_loss(images, weights):
    output = conv2d(images, weights)
    return np.sum(output * output)


def max_pool(images):
    """The largest of every 2 by 2 pixels."""
    n, h, w, channels = images.shape
    output = np.empty((n, h // 2, w // 2, channels))
    for i in range(h // 2):
        for j in range(w // 2):
            output[:, i, j, :] = np.max(images[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2))
    return output


def max_pool_loss(images):
    output = max_pool(images)
    return np.sum(output * output)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(x, h, c, W, U, b):
    """Hidden states of shape (time, batch, units) of a sequence x from the states h and c."""
    units = h.shape[1]
    states = np.empty((x.shape[0], *h.shape))
    for t in range(x.shape[0]):
        z = x[t] @ W + h @ U + b
        i = sigmoid(z[:, :units])
        f = sigmoid(z[:, units : 2 * units])
        g = np.tanh(z[:, 2 * units : 3 * units])
        o = sigmoid(z[:, 3 * units :])
        c = f * c + i * g
        h = o * np.tanh(c)
        states[t] = h
    return states


def lstm_loss(x, h, c, W, U, b):
    states = lstm(x, h, c, W, U, b)
    return np.sum(states * states)
