"""A first attempt at search: look through every transcript in memory. First line: queries; then one transcript a line. Prints ms each."""
import json
import sys
import time
import unicodedata


def fold(text):
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")


queries = json.loads(sys.stdin.readline())
sessions = [[fold(text) for text in json.loads(line)] for line in sys.stdin]
times = []
for query in queries:
    begin = time.perf_counter()
    wanted = fold(query)
    hits = [(i, k) for i, texts in enumerate(sessions) for k, text in enumerate(texts) if wanted in text][:50]
    times.append((time.perf_counter() - begin) * 1000)
times.sort()
print(times[len(times) // 2])
