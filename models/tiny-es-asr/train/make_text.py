"""Write sentences of the training text's kind, one per line, as the recognizer would spell them: what the character
model of Spanish is made from.
usage: make_text.py SENTENCES > text.txt"""
import random, sys
from textgen import gen, norm

r = random.Random(20261120)
for _ in range(int(sys.argv[1])):
    print(norm(gen(r)))
