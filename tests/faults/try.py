"""Tries points, several at once, and says which went wrong; script/faults and the suite call it."""
import collections
import concurrent.futures
import os
import sys
import time

import faulty


def spread(points, most):
    """So many of them, evenly."""
    if len(points) <= most:
        return points
    return [points[index * len(points) // most] for index in range(most)]


def try_all(points, workers, say=print):
    """How many points failed as they should, and the complaints."""
    tried, complaints, begun = collections.Counter(), [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for number, (point, (words, happened)) in enumerate(zip(points, pool.map(faulty.try_point, points)), 1):
            tried["happened" if happened else "not reached"] += 1
            if words:
                complaints.append(words)
                say(words)
            if number % 500 == 0:
                say(f"{number} of {len(points)} points, {len(complaints)} complaints, {time.monotonic() - begun:.0f} s")
    return tried, complaints
