"""A first attempt at a report: word frequencies choose ten sentences, a few patterns find tasks. Reads segments, prints seconds."""
import collections
import json
import re
import sys
import time

segments = json.load(sys.stdin)
begin = time.perf_counter()
words = collections.Counter(word for one in segments for word in re.findall(r"\w{4,}", one["text"].lower()))
scored = sorted(segments, key=lambda one: -sum(words[w] for w in re.findall(r"\w{4,}", one["text"].lower())))
summary = [one["text"] for one in scored[:10]]
cue = re.compile(r"\b(tengo que|tenemos que|hay que|voy a|debes|prepar\w+|pedir\w*|enviar\w*|har[ée]\w*)\b", re.I)
tasks = [one["text"] for one in segments if cue.search(one["text"])]
risk = re.compile(r"\b(riesgo|problema|peligro|fallar)\b", re.I)
risks = [one["text"] for one in segments if risk.search(one["text"])]
json.dumps({"summary": summary, "tasks": tasks, "risks": risks})
print(time.perf_counter() - begin)
