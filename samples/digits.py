"""Handwritten digits: a network with one hidden layer, trained by a gradient that was written for it.

    python samples/digits.py

The data are 1797 scans of 8x8 pixels (see data/README.md); 360 of them are kept for the test.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import adtrans

Parameters = dict[str, np.ndarray]


def loss(params, images, targets, decay):
    """Mean cross-entropy of the network's answers, with weight decay."""
    hidden = np.maximum(images @ params["W1"] + params["b1"], 0.0)
    scores = hidden @ params["W2"] + params["b2"]
    log_odds = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    surprise = -np.sum(targets * log_odds) / images.shape[0]
    return surprise + decay * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))


def gradient_by_hand(params, images, targets, decay):
    """The gradient of `loss` as one writes it from the textbook, to compare with."""
    W1, W2 = params["W1"], params["W2"]
    before = images @ W1 + params["b1"]
    hidden = np.maximum(before, 0.0)
    scores = hidden @ W2 + params["b2"]
    odds = np.exp(scores)
    odds /= np.sum(odds, axis=1, keepdims=True)
    error = (odds - targets) / images.shape[0]
    back = (error @ W2.T) * (before > 0.0)
    return {
        "W1": images.T @ back + 2.0 * decay * W1,
        "b1": np.sum(back, axis=0),
        "W2": hidden.T @ error + 2.0 * decay * W2,
        "b2": np.sum(error, axis=0),
    }


def load(rng: np.random.Generator, test: int = 360):
    """Images scaled to 0..1 and their labels: a training set and a test set, drawn at random."""
    with np.load(Path(__file__).parent / "data" / "digits.npz") as file:
        images, labels = file["images"] / 16.0, file["labels"].astype(int)
    order = rng.permutation(len(labels))
    images, labels = images[order], labels[order]
    return (images[test:], labels[test:]), (images[:test], labels[:test])


def initial(rng: np.random.Generator, hidden: int = 64) -> Parameters:
    return {
        "W1": rng.standard_normal((64, hidden)) / 8.0,
        "b1": np.zeros(hidden),
        "W2": rng.standard_normal((hidden, 10)) / np.sqrt(hidden),
        "b2": np.zeros(10),
    }


def accuracy(params: Parameters, images: np.ndarray, labels: np.ndarray) -> float:
    hidden = np.maximum(images @ params["W1"] + params["b1"], 0.0)
    return float(np.mean(np.argmax(hidden @ params["W2"] + params["b2"], axis=1) == labels))


def train(gradient, params, images, labels, rng, epochs=30, batch=32, rate=0.3, decay=1e-4) -> Parameters:
    """Stochastic gradient descent over shuffled minibatches."""
    targets = np.eye(10)[labels]
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(images))
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            step = gradient(params, images[some], targets[some], decay)
            params = {name: value - rate * step[name] for name, value in params.items()}
        if epoch % 5 == 0 or epoch == epochs:
            print(f"epoch {epoch:3d}   loss {loss(params, images, targets, decay):.4f}", flush=True)
    return params


def seconds(function, *args, repeats: int = 300) -> float:
    """Median time of one call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main(epochs: int = 30) -> float:
    rng = np.random.default_rng(0)
    (images, labels), (test_images, test_labels) = load(rng)
    params = initial(rng)
    gradient = adtrans.grad(loss)

    batch = (images[:32], np.eye(10)[labels[:32]], 1e-4)
    gradient(params, *batch)
    print(gradient.source)

    params = train(gradient, params, images, labels, rng, epochs)
    reached = accuracy(params, test_images, test_labels)
    print(f"accuracy on {len(test_labels)} images it has not seen: {100 * reached:.1f} %")

    written, by_hand = (seconds(g, params, *batch) for g in (gradient, gradient_by_hand))
    print(f"one gradient: {1e6 * written:.0f} us, by hand {1e6 * by_hand:.0f} us")
    return reached


if __name__ == "__main__":
    main()
