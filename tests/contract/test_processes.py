"""Derivatives pickle with plain pickle, and work in other processes."""

import concurrent.futures
import copy
import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import adtrans
from adtrans import grad, hvp, jvp, value_and_grad, vjp
from adtrans.loader import store

ROOT = os.path.dirname(os.path.dirname(adtrans.__file__))
X = np.array([0.5, -1.0, 2.0])


def loss(x, w=2.0):
    """A module's function."""
    return np.sum(np.sin(x) * w)


class Model:
    def __init__(self, k):
        self.k = k

    def cost(self, x):
        return self.k * np.sum(x * x)

    def __call__(self, x):
        return self.cost(x)

    @grad(argnums="x")
    def slope(self, x):
        return self.k * np.sum(x * x * x)


@grad
def decorated(x):
    return np.sum(x * x)


def nested(scale):
    shift = np.array([1.0, 2.0, 3.0])

    def helper(x):
        return x * scale + shift

    def inner(x):
        return np.sum(helper(x) * helper(x))

    return inner


def recursive_inside():
    def power(x, n):
        return x if n == 0 else x * power(x, n - 1)

    return lambda x: power(np.sum(x), 2)


scaled = lambda x: 3.0 * np.sum(x * x)

DERIVATIVES = {
    "a module's function": grad(loss),
    "with argnums": vjp(loss, (0, "w")),
    "forward": jvp(loss),
    "second": hvp(loss),
    "with a value": value_and_grad(loss),
    "of a derivative": grad(lambda x: np.sum(grad(loss)(x))),
    "decorated": decorated,
    "nested": grad(nested(3.0)),
    "nested, recursive": grad(recursive_inside()),
    "a lambda": grad(lambda x: np.sum(x * x)),
    "a module's lambda": grad(scaled),
    "two on a line": [grad(lambda x: np.sum(x)), grad(lambda x: np.sum(2.0 * x))][1],
    "a partial": grad(functools.partial(loss, w=5.0)),
    "a bound method": grad(Model(2.0).cost),
    "a callable object": grad(Model(2.0)),
    "a library function": jvp(np.sin),
    "a Jacobian": adtrans.jacobian(loss, "w"),
    "a Hessian": adtrans.hessian(loss),
    "elementwise": adtrans.elementwise_grad(nested(1.0)),
}


def arguments(g):
    count = getattr(g, "vectors_count", 0)
    if g is DERIVATIVES["with argnums"]:
        return X, 2.0, 1.5
    vectors = (1.5,) if getattr(g, "transform", "") == "vjp" else (X,) * count
    return (X, *((2.0,) if g.__name__ == "loss" and vectors else ()), *vectors)


def equal(a, b):
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return np.array_equal(a, b)


def each(function):
    return pytest.mark.parametrize("g", DERIVATIVES.values(), ids=DERIVATIVES)(function)


@pytest.mark.fast
@each
def test_pickle(g):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(g, protocol))
        assert type(again) is type(g) and again.__name__ == g.__name__
        assert equal(again(*arguments(g)), g(*arguments(g)))
    twice = pickle.loads(pickle.dumps(again))
    assert equal(twice(*arguments(g)), g(*arguments(g)))


@pytest.mark.fast
@each
def test_copy_and_deepcopy(g):
    for again in (copy.copy(g), copy.deepcopy(g), copy.deepcopy({"g": [g]})["g"][0]):
        assert equal(again(*arguments(g)), g(*arguments(g)))


@each
def test_cloudpickle(g):
    cloudpickle = pytest.importorskip("cloudpickle")
    again = pickle.loads(cloudpickle.dumps(g))
    assert equal(again(*arguments(g)), g(*arguments(g)))


@pytest.mark.fast
def test_by_import_name_where_it_is_this_very_object():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    method = Model.__dict__["slope"]
    assert pickle.loads(pickle.dumps(method)) is method
    assert b"def loss" not in pickle.dumps(grad(loss)) and b"def inner" in pickle.dumps(grad(nested(1.0)))


@pytest.mark.fast
def test_captured_values_travel_and_globals_stay():
    def make(k):
        return lambda x: k["a"] * x + len(X)

    again = pickle.loads(pickle.dumps(grad(make({"a": 7.0}))))
    assert again(1.0) == 7.0


WORKER = """
import pickle, sys
import numpy as np
with open(sys.argv[1], "rb") as file:
    pairs = pickle.load(file)
for name, g, args, expected in pairs:
    found = g(*args)
    same = all(map(np.array_equal, found, expected)) if isinstance(found, tuple) else np.array_equal(found, expected)
    assert same, (name, found, expected)
print(len(pairs))
"""


def test_in_a_new_process(tmp_path):
    """All of them, in a process that can import this module."""
    program, path = tmp_path / "worker.py", tmp_path / "pickle"
    program.write_text(WORKER)
    here = os.path.dirname(__file__)
    sys.path.insert(0, here)
    try:
        import test_processes as found
    finally:
        sys.path.remove(here)
    rows = [
        (name, g, found.arguments(g), g(*found.arguments(g)))
        for name, g in found.DERIVATIVES.items()
        if isinstance(g(*found.arguments(g)), (np.ndarray, float))
    ]
    path.write_bytes(pickle.dumps(rows))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, here])}
    done = subprocess.run(
        [sys.executable, str(program), str(path)], capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == str(len(rows)), done.stderr


POOLS = """
import concurrent.futures, multiprocessing, sys
import numpy as np
import adtrans

def loss(x):
    return np.sum(x * x)

def nested(k):
    def inner(x):
        return k * np.sum(x * x)
    return inner

@adtrans.grad
def decorated(x):
    return np.sum(x * x * x)

def main():
    xs = [np.full(2, float(k)) for k in range(4)]
    functions = [adtrans.grad(loss), adtrans.grad(nested(3.0)), adtrans.grad(lambda x: np.sum(5.0 * x)), decorated]
    expected = [[g(x).tolist() for x in xs] for g in functions]
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        assert [[r.tolist() for r in pool.map(g, xs)] for g in functions] == expected
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert [[r.tolist() for r in pool.map(g, xs)] for g in functions] == expected
    print("done")

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_pools(tmp_path, method):
    """multiprocessing and concurrent.futures; the functions are those of a script."""
    program = tmp_path / "script.py"
    program.write_text(POOLS)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program), method],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        timeout=300,
    )
    assert done.stdout.strip() == "done", done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="of POSIX")
def test_a_fork_while_a_thread_generates(monkeypatch):
    """The child has no such thread, and does not wait for it."""
    made, go = threading.Event(), threading.Event()
    written = store._written

    def slow(request):
        made.set()
        go.wait(60)
        return written(request)

    monkeypatch.setattr(store, "_written", slow)
    g = grad(nested(4.0))
    thread = threading.Thread(target=g, args=(X,))
    thread.start()
    made.wait(60)
    child = os.fork()
    if child == 0:
        store._written = written
        os._exit(0 if equal(g(X), grad(nested(4.0))(X)) else 1)
    go.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_of_a_pool():
    g = grad(nested(2.0))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(equal(found, g(X)) for found in pool.map(g, [X] * 20))


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib(backend):
    joblib = pytest.importorskip("joblib")
    functions = [grad(nested(2.0)), grad(lambda x: np.sum(x * x))]
    for g in functions:
        found = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(g)(X * k) for k in range(3))
        assert all(equal(a, g(X * k)) for k, a in enumerate(found))
