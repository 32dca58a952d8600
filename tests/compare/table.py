"""usage: table.py REASONS.tsv PAGE.md NAME RESULTS.tsv… — puts what differs between the results into the page, each line with its
reason. The first NAME is ours. REASONS: "weaker" or "differs", TAB, patterns divided by "|", TAB, the reason; "weaker" is where an
attempt succeeds with us and fails elsewhere. Fails on a difference without a reason or with one of the wrong sort; tells of reasons for nothing, since
kernels and versions differ."""
import fnmatch
import sys

BEGIN, END = "<!-- made by `make compare-attempts` -->", "<!-- end of what is made -->"
reasons_path, page_path, *rest = sys.argv[1:]
names = rest[::2]
columns = []
for path in rest[1::2]:
    with open(path, encoding="utf-8") as lines:
        columns.append([line.rstrip("\n").split("\t", 1) for line in lines])
attempts = [name for _, name in columns[0]]
if not attempts or any([name for _, name in column] != attempts for column in columns):
    sys.exit("compare: the results are not of the same attempts")

reasons = []
with open(reasons_path, encoding="utf-8") as lines:
    for line in lines:
        if not line.startswith("#"):
            sort, patterns, text = line.rstrip("\n").split("\t")
            reasons.append((sort, patterns.split("|"), text))

rows, used, errors = [], {}, []
for name, results in zip(attempts, zip(*[[result for result, _ in column] for column in columns])):
    if len(set(results)) == 1:
        continue
    sort = "weaker" if results[0] == "ok" and any(result != "ok" for result in results) else "differs"
    plain = name.lstrip("~")
    found = next((i for i, (_, patterns, _) in enumerate(reasons) if any(fnmatch.fnmatchcase(plain, p) for p in patterns)), None)
    if found is None or reasons[found][0] != sort:
        errors.append(f"{plain}: {' '.join(results)}: no reason of the sort \"{sort}\"")
        continue
    number = used.setdefault(found, len(used) + 1)
    cells = [f"**{result}**" if result == "ok" else result for result in results]
    rows.append(f"| {plain} | {' | '.join(cells)} | {number} |")
if errors:
    sys.exit("compare: " + "\n".join(errors))
for i, (_, patterns, _) in enumerate(reasons):
    if i not in used:
        print(f"compare: no difference here that needs a reason: {'|'.join(patterns)}", file=sys.stderr)

text = [f"Of {len(attempts)} attempts {len(attempts) - len(rows)} come to the same in all three. The others:", ""]
text += [f"| Attempt | {' | '.join(names)} | Why |", "|---" * (len(names) + 2) + "|", *rows, ""]
text += [f"{number}. {'**Weaker**: ' if reasons[i][0] == 'weaker' else ''}{reasons[i][2]}" for i, number in used.items()]
with open(page_path, encoding="utf-8") as page:
    before, _, after = page.read().partition(BEGIN)
_, end, after = after.partition(END)
if not end:
    sys.exit(f"compare: {page_path} has no place for the table")
with open(page_path, "w", encoding="utf-8") as page:
    page.write(before + BEGIN + "\n" + "\n".join(text) + "\n" + END + after)
print(f"{len(attempts)} attempts, {len(rows)} of them with different results, each with its reason: see {page_path}")
